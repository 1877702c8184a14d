import { describeBackend } from '../../../contract/backend.js';
import { openLocalBackend } from '../../../support/local-backend.js';

describeBackend('process', () => openLocalBackend());
