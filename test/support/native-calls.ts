// The native engine's own count of payloads on this thread: a test that compares engines sees with it that native code
// answered.
export { nativeCalls } from '../../src/engine/native/index.ts'
