import { describeBackend } from '../../../contract/backend.js';
import { openLocalBackend } from '../../../support/local-backend.js';

const traits = { logsOutliveServices: true, logsAreBytes: true };

describeBackend('process', traits, () => openLocalBackend());
