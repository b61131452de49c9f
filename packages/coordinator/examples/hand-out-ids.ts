import { createProducerIds, reserve } from '@q/coordinator';

// The broker read from its metadata that ids below 3000 were claimed before.
let ids = createProducerIds(3000);

// The first producer has to wait for a block: the machine asks for it through an effect.
let step = reserve(ids, { kind: 'new' });
console.log(step.result, step.effects); // { kind: 'wait' } [ { kind: 'reserve-block', size: 1000 } ]

// The broker made "ids below 4000 are claimed" durable, says so, and repeats the command.
ids = reserve(step.state, { kind: 'block-reserved', firstId: 3000, size: 1000 }).state;
step = reserve(ids, { kind: 'new' });
console.log(step.result); // { kind: 'identity', identity: { producerId: 3000, producerEpoch: 0 } }

// A producer that lost track of its sequence asks for a higher epoch.
step = reserve(step.state, { kind: 'bump', identity: { producerId: 3000, producerEpoch: 0 } });
console.log(step.result); // { kind: 'identity', identity: { producerId: 3000, producerEpoch: 1 } }
