// Says to profile pages what has changed elsewhere.

class Changes {
  /** Her videos, or her profile. */
  epoch = $state(0);
  /** What she has liked and saved. */
  marks = $state(0);
}

export const profileChanges = new Changes();
