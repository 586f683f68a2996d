/** As large as the screen is, or back. */
export async function toggleFullscreen(node: HTMLElement): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await node.requestFullscreen?.().catch(() => {});
}
