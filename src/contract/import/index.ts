// Entry point of contract/import: a contract from a JSON Schema.

export { importContract, type ImportOptions } from './import-contract.ts'
