/** Who has left something on a machine. A name alone may be that of a run that another controller started in that second. */
export interface RunIdentity {
  readonly run: string;
  /** Tells controllers apart: machines, and projects on one machine. */
  readonly controller: string;
}

/** The variables in the environment of every process that a run starts, service or script. */
export function runMarks({ run, controller }: RunIdentity): Record<string, string> {
  return { PLAYBOOK_RUN: run, PLAYBOOK_CONTROLLER: controller };
}

/** The labels of every container, network, volume and image that a run makes. */
export function runLabels({ run, controller }: RunIdentity): Record<string, string> {
  return { 'playbook.run': run, 'playbook.controller': controller };
}

/** The name of the folders that a run makes, wherever it makes them: everything below one belongs to the run. */
export function runFolderName({ run, controller }: RunIdentity): string {
  return `playbook-${run}-${controller}`;
}
