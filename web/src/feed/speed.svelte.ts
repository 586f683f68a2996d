// How fast clips play; stays for the visit and applies to every player.

class PlayerSpeed {
  value = $state(1);
}

export const playerSpeed = new PlayerSpeed();
