import { memoryStore } from './places.ts';
import { logStoreConformance } from './suite.ts';

logStoreConformance(memoryStore, { keeps: false });
