/**
 * What a connection may ask for. `monitoring`: health and metrics; other resources do not exist. `excess`: health and metrics,
 * once; for everything else there are too many connections.
 */
export type Access = 'full' | 'monitoring' | 'excess'
