/** A part with its heading; nothing where there is nothing to say. */
export function section(title: string, body: string): string {
  return body === '' ? '' : `## ${title}\n\n${body}`;
}

export function joinSections(sections: readonly string[]): string {
  return `${sections.filter((each) => each !== '').join('\n\n')}\n`;
}
