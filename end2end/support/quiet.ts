// Listens for everything that a browser complains about.

import type { BrowserContext } from '@playwright/test';

/** Fills the list that it returns with each console message, error, and broken policy of the app's own pages. */
export async function complaints(context: BrowserContext, origin: string): Promise<string[]> {
  const heard: string[] = [];
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP ${event.violatedDirective} blocks ${event.blockedURI} ${event.sample}`));
  });
  context.on('console', (message) => {
    const { url } = message.location();
    if (url.startsWith(origin) || url === '') heard.push(`${message.type()}: ${message.text()} (${url})`);
  });
  context.on('weberror', (error) => heard.push(`uncaught: ${error.error().message}`));
  context.on('requestfailed', (request) => {
    // A stream that ends with its tab, and a popup that closes itself, are no complaints.
    const reason = request.failure()?.errorText ?? '';
    if (request.url().startsWith(origin) && reason !== 'net::ERR_ABORTED') heard.push(`failed: ${request.url()} ${reason}`);
  });
  context.on('response', (response) => {
    if (response.url().startsWith(origin) && response.status() >= 400) heard.push(`${response.status()}: ${response.url()}`);
  });
  return heard;
}
