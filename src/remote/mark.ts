/** The variable that marks everything an exec started, however it is forked: a comma-separated list of ids. */
export const MARK_VARIABLE = 'PLAYBOOK_EXEC';
