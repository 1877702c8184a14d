import type { DeploymentBackend, RunningService, ServiceExit } from '../../../deploy/backend.js';

/** Waits for a service's end, passing on what its health check says meanwhile. */
export async function watchExit(
  backend: DeploymentBackend,
  running: RunningService,
  signal: AbortSignal,
  onUnhealthy: (message: string) => void,
): Promise<ServiceExit | null> {
  for await (const event of backend.watch(running, signal)) {
    switch (event.type) {
      case 'exited':
        return event.exit;
      case 'unhealthy':
        onUnhealthy(event.message);
        break;
      case 'healthy':
        break;
    }
  }
  return null;
}
