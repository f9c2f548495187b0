// What stands for a contract in the keys of Redis.

/** 128 bits of the contract's id in 22 characters of base64url, because a key is stored once for each payload. */
export const shortContractId = (contractId: string): string =>
  Buffer.from(contractId.slice(0, 32), 'hex').toString('base64url')
