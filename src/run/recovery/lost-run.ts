/** For a journal of which not even the beginning can be read. */
export const LOST_RUN =
  '.playbook/journal was damaged, and does not say what an earlier run has left: playbook status shows what is there';
