// Entry point of redis/: connections over ioredis, what their errors mean, what the server says about itself, and
// what keys have in common.

export { redisFault, type RedisReason } from './errors.ts'
export { openOnDemand, type OnDemandOptions, type OnDemandRedis } from './on-demand-redis.ts'
export { openRedis, type OpenRedis, type RedisClient } from './open-redis.ts'
export { connectionRule, type RedisConnection } from './redis-connection.ts'
export { checkServer, memoryShare } from './server-info.ts'
export { shortContractId } from './short-contract-id.ts'
