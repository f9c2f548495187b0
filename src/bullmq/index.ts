// The entry `sidelane/bullmq`: payloads over a queue of BullMQ in Redis or Valkey, to workers on any number of machines.

export { createQueueProcessor } from './producer/create-queue-processor.ts'
export type { QueueProcessor, Receipt, SubmitOptions } from './producer/submit.ts'
export { openDeadLetters, type DeadLetter, type DeadLetters, type ListOptions } from './dead-letters.ts'
export type { QueueWorker } from './worker/queue-worker.ts'
export { runQueueWorker } from './worker/run-queue-worker.ts'
export type {
  BatchOptions,
  QueueEvent,
  QueuePlace,
  QueueProcessorOptions,
  QueueResult,
  QueueWorkerOptions,
  ServedContract,
  TakeResults,
} from './options.ts'
export type { RedisConnection } from '../redis/index.ts'
