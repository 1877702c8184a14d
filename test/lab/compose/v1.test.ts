import { describeComposeBackend } from './backend.js';
import { describeContainers } from './containers.js';

describeComposeBackend('v1');
describeContainers('v1');
