/** A script is known by its path; anything else would run into the sentence that it stands in. */
const PATH = /^[\w@%+=:,-]*[./][\w@%+=:,./-]*$/;

/** A hook as sentences name it: its script, or its line in quotes. */
export function nameHook(name: string): string {
  return PATH.test(name) ? name : `\`${name}\``;
}
