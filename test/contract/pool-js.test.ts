// Conformance: worker threads, js engine.
import { describeContract } from '../contract.case.ts'

describeContract('pool, js engine', { placement: 'pool', engine: 'js' })
