import { directoryStore } from './places.ts';
import { logStoreConformance } from './suite.ts';

logStoreConformance(directoryStore, { keeps: true });
