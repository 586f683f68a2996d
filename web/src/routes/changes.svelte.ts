// Says to profile pages that her videos or her profile have changed elsewhere.

class Changes {
  epoch = $state(0);
}

export const profileChanges = new Changes();
