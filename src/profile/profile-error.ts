/** Why there is no profile. The message is for the user. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError'
}
