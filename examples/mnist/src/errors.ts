/** Something that ends the run and that its user can do something about: the message says what. */
export class RunError extends Error {
  override name = 'RunError';
}
