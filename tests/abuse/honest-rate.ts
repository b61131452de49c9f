/**
 * Between two records of the honest client, and two of the bare disk: a rate that leaves a machine of two cores to the
 * broker.
 */
export const everyMs = 10;
