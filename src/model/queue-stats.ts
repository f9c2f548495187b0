// What a producer and a worker of a queue count beside their calls.

/** Counters of one side of a queue since its creation, and gauges. */
export interface QueueStats {
  /** Name of the queue. */
  readonly queue: string
  /** A producer submits batches, a worker runs them. */
  readonly role: 'producer' | 'worker'
  /** Batches by what happened to them. */
  readonly batches: Readonly<Record<string, number>>
  /** Payloads by what became of them. */
  readonly payloads: Readonly<Record<string, number>>
  /** Commands of Redis that failed, and connections that were lost. */
  readonly redisErrors: number
  /** Batches without an end: of a producer in Redis, of a worker those that it runs. */
  readonly inFlight: number
  /** Of a producer: batches that wait in Redis, when they were last counted. */
  readonly waiting: number
  /** Of a producer: true while it submits nothing, because too much waits or the memory of Redis is short. */
  readonly blocked: boolean
}
