// What a person would trip over on the page that is open, as sentences.

/** Names, sizes, and nothing cut off. */
export async function faults(page, touch) {
  return page.evaluate((isTouch) => {
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`scrolls sideways: ${root.scrollWidth}`);
    for (const box of document.querySelectorAll('.page')) {
      if (box.scrollWidth > box.clientWidth + 1) found.push(`a page scrolls sideways`);
    }
    const strip = (node) => {
      for (let up = node.parentElement; up && !up.matches('.page'); up = up.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(up).overflowX) && up.scrollWidth > up.clientWidth) return up;
      }
      return null;
    };
    const seen = (node) => {
      const box = node.getBoundingClientRect();
      const style = getComputedStyle(node);
      if (node.closest('[inert], [aria-hidden=true], .visually-hidden, .skip')) return null;
      if (style.visibility === 'hidden' || box.width === 0 || box.height === 0) return null;
      return box;
    };
    for (const node of document.querySelectorAll('button, a[href], input, select, textarea')) {
      const box = seen(node);
      if (!box) continue;
      const label =
        node.getAttribute('aria-label') ||
        node.innerText?.trim() ||
        node.labels?.[0]?.innerText ||
        node.getAttribute('placeholder') ||
        node.querySelector('img[alt]:not([alt=""])')?.alt;
      const what = `${node.tagName.toLowerCase()}.${node.className}`;
      if (!label) found.push(`${what} has no name`);
      if (!strip(node) && (box.left < -1 || box.right > innerWidth + 1))
        found.push(`${what} "${label}" is cut off: ${box.left} to ${box.right}`);
      const inText = node.tagName === 'A' && getComputedStyle(node).display === 'inline';
      if (isTouch && !inText && node.closest('nav, .rail, .tabs, header, .seg') && box.height < 43.5) {
        found.push(`${what} "${label}" is ${Math.round(box.height)} px high`);
      }
    }
    for (const image of document.images) {
      if (!image.hasAttribute('alt')) found.push('a picture without alt');
    }
    return [...new Set(found)];
  }, touch);
}

/**
 * Controls that lie outside the screen or under something else, and those that are too small for a
 * finger. What scrolls may go on below; what is under an open sheet is not to be pressed.
 */
export async function layoutFaults(page) {
  return page.evaluate(() => {
    const found = [];
    const { innerWidth: width, innerHeight: height } = window;
    const root = document.documentElement;
    if (root.scrollWidth > width || root.scrollHeight > height) {
      found.push(`the page itself scrolls: ${root.scrollWidth}x${root.scrollHeight} in ${width}x${height}`);
    }
    const scrolls = (node) =>
      /auto|scroll/.test(getComputedStyle(node).overflowY + getComputedStyle(node).overflowX);
    const scroller = (node) => {
      for (let up = node.parentElement; up; up = up.parentElement) if (scrolls(up)) return up;
      return null;
    };
    /** What is to be seen of it: a strip that scrolls sideways lies in a page that scrolls down. */
    const boundsOf = (node) => {
      const bounds = { left: 0, top: 0, right: width, bottom: height };
      for (let up = scroller(node); up; up = scroller(up)) {
        const { left, top, right, bottom } = up.getBoundingClientRect();
        bounds.left = Math.max(bounds.left, left);
        bounds.top = Math.max(bounds.top, top);
        bounds.right = Math.min(bounds.right, right);
        bounds.bottom = Math.min(bounds.bottom, bottom);
      }
      return bounds;
    };
    const dialogs = [...document.querySelectorAll('[role=dialog]')];
    const layer = dialogs.at(-1) ?? document;
    for (const node of layer.querySelectorAll(
      'button, a[href], input, select, textarea, summary, [role=slider]',
    )) {
      if (node.closest('[inert], [aria-hidden=true], .visually-hidden, .skip, .toasts, [hidden]')) continue;
      if (node.matches('.visually-hidden, .scrim') || getComputedStyle(node).visibility === 'hidden')
        continue;
      const target = node.closest('label') ?? node;
      const box = target.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      const name = node.getAttribute('aria-label') || target.innerText?.trim() || node.id || node.className;
      const what = `${node.tagName.toLowerCase()} "${name.slice(0, 40)}"`;
      const at = `${Math.round(box.left)},${Math.round(box.top)} to ${Math.round(box.right)},${Math.round(box.bottom)}`;
      const inText = getComputedStyle(node).display === 'inline';
      // A closed caption shows its first lines; a link further down is there once it is opened.
      if (inText && node.closest('.caption p')?.getBoundingClientRect().bottom < box.top + 1) continue;
      if (!inText && node.getAttribute('role') !== 'slider' && (box.width < 23.5 || box.height < 23.5)) {
        found.push(`${what} is too small: ${Math.round(box.width)}x${Math.round(box.height)}`);
      }
      const view = scroller(node);
      const bounds = boundsOf(node);
      if (!view && (box.left < -1 || box.top < -1 || box.right > width + 1 || box.bottom > height + 1)) {
        found.push(`${what} is outside of the screen: ${at}`);
        continue;
      }
      const x = box.left + box.width / 2;
      const y = box.top + box.height / 2;
      if (x < bounds.left || x > bounds.right || y < bounds.top || y > bounds.bottom) continue;
      const top = document.elementFromPoint(x, y);
      // What has been scrolled on goes under the heading that stays.
      const heading = top?.closest('header');
      if (heading && getComputedStyle(heading).position === 'sticky' && scroller(heading)?.contains(node))
        continue;
      if (top && !target.contains(top) && !top.contains(target)) {
        const over = top.closest('button, a, [role=slider], header, section, p, div') ?? top;
        found.push(`${what} at ${at} lies under ${over.tagName.toLowerCase()}.${over.className}`);
      }
    }
    return [...new Set(found)];
  });
}

/** Words that reach out of the screen, or out of what clips them without an ellipsis. */
export async function wordFaults(page) {
  return page.evaluate(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      const parent = text.parentElement;
      if (
        !text.data.trim() ||
        !parent ||
        parent.closest('script, style, [aria-hidden=true], [inert], .visually-hidden, .skip')
      )
        continue;
      if (getComputedStyle(parent).visibility === 'hidden') continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      if (box.width === 0) continue;
      let clipped = false;
      let judged = false;
      for (let up = parent; up && !clipped; up = up.parentElement) {
        const style = getComputedStyle(up);
        clipped = style.textOverflow === 'ellipsis' || /auto|scroll/.test(style.overflowX);
        if (
          !clipped &&
          !judged &&
          style.overflowX !== 'visible' &&
          up !== document.body &&
          up !== document.documentElement
        ) {
          const bounds = up.getBoundingClientRect();
          if (box.left < bounds.left - 1 || box.right > bounds.right + 1) {
            found.push(
              `"${text.data.trim().slice(0, 40)}" is cut off by ${up.tagName.toLowerCase()}.${up.className}`,
            );
          }
          judged = true; // by the first that clips; what scrolls may be further up
        }
      }
      if (!clipped && (box.left < -1 || box.right > innerWidth + 1)) {
        found.push(
          `"${text.data.trim().slice(0, 40)}" reaches out of the screen: ${Math.round(box.left)} to ${Math.round(box.right)}`,
        );
      }
    }
    return [...new Set(found)];
  });
}
