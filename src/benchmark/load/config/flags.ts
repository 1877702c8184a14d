import type { FlagSyntax } from './bench-config.js';

/** Turns a flag's text into the value that the file would hold. What does not fit is left for the reader to refuse. */
export function parseFlag(syntax: FlagSyntax, text: string): unknown {
  switch (syntax) {
    case 'text':
      return text;
    case 'number':
      return toNumber(text);
    case 'list': {
      const items = text.split(',').map((item) => toNumber(item.trim()));
      return items.length === 1 ? items[0] : items;
    }
    case 'json':
      return toJson(text);
    case 'boolean':
      return text === 'true';
    case 'pairs': {
      const [key, ...rest] = text.split('=');
      return key && rest.length > 0 ? { [key]: rest.join('=') } : text;
    }
  }
}

function toNumber(text: string): unknown {
  return /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
