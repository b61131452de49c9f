import { simulatedDiskStore } from './places.ts';
import { logStoreConformance } from './suite.ts';

logStoreConformance(simulatedDiskStore, { keeps: true });
