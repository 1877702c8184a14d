import { describeComposeBackend } from './backend.js';
import { describeContainers } from './containers.js';

describeComposeBackend('v2');
describeContainers('v2');
