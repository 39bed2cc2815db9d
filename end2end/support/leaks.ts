// Looks for secrets in every disguise that a log, a page or a database might give them.

/** The shapes in which a secret may stand somewhere. */
export function disguises(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const percent = hex.replace(/../g, '%$&');
  return [...new Set([
    secret, encodeURIComponent(secret), percent, percent.toUpperCase(), hex, hex.toUpperCase(),
    ...[0, 1, 2].flatMap((shift) => base64At(bytes, shift)),
  ])];
}

/** In base64 a text looks different by where it begins; the letters that hang on its neighbours are left out. */
function base64At(bytes: Buffer, shift: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
  const letters = whole.subarray(0, whole.length - (whole.length % 3)).toString('base64').slice(Math.ceil((shift * 4) / 3));
  return [letters, letters.replace(/\+/g, '-').replace(/\//g, '_')];
}

/** A line for each secret that stands in the haystack. Never the secret itself: a report is a log too. */
export function leaks(place: string, haystack: Buffer, secrets: { value: string; kind: string; network: string }[]): string[] {
  const text = haystack.toString('latin1');
  return secrets
    .filter(({ value }) => disguises(value).some((shape) => text.includes(shape)))
    .map(({ kind, network }) => `${place} holds a ${kind} of ${network}`);
}
