// AT-15: the judge judged. A client that is known to be right (npm `openid-client`) goes the way of each behaviour that
// src/tests/behaviours.rs has us go, against the same sandbox, and passes or rejects as we must. No browser is needed.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect, test as base } from '@playwright/test';
import * as client from 'openid-client';
import { BINARY, freePort, until } from '../support/greentick.ts';
import { Sandbox } from '../support/sandbox.ts';

const CALLBACK = 'http://127.0.0.1:8400/oauth/callback/1';

const test = base.extend<{ sandbox: Sandbox }>({
  sandbox: async ({}, use) => {
    const port = await freePort();
    const server: ChildProcess = spawn(BINARY, ['sandbox', '--port', String(port)], { stdio: 'ignore' });
    const sandbox = new Sandbox(`http://localhost:${port}`);
    await until('the sandbox answers', () => sandbox.answers());
    await use(sandbox);
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  },
});

interface Behaviour {
  name: string;
  fault?: Record<string, unknown>;
  mode?: 'form_post';
  says?: 'approve' | 'cancel';
  /** Empty where the client must be satisfied. */
  rejects?: RegExp;
  /** How often the token endpoint may have been asked. */
  asked: number;
}

const BEHAVIOURS: Behaviour[] = [
  { name: 'client-test, with client_secret_basic and the token in the header of “who am I”', asked: 1 },
  { name: 'a form that is posted', mode: 'form_post', asked: 1 },
  { name: 'an error in a form that is posted', mode: 'form_post', says: 'cancel', rejects: /error/, asked: 0 },
  { name: 'an error in the address', says: 'cancel', rejects: /error/, asked: 0 },
  { name: 'an invalid state', fault: { state: 'wrong' }, rejects: /state/, asked: 0 },
  { name: 'no state', fault: { state: 'missing' }, rejects: /state/, asked: 0 },
  { name: 'an invalid issuer', fault: { iss: 'wrong' }, rejects: /iss/, asked: 0 },
  { name: 'no issuer', fault: { iss: 'missing' }, rejects: /iss/, asked: 0 },
  { name: 'an issuer that comes twice', fault: { iss_twice: true }, rejects: /iss/, asked: 0 },
  { name: 'no expires_in', fault: { answer: { expires_in: null } }, asked: 1 },
  { name: 'token_type in odd capitals', fault: { answer: { token_type: 'bEaReR' } }, asked: 1 },
  { name: 'no refresh_token', fault: { answer: { refresh_token: null } }, asked: 1 },
  { name: 'no access_token', fault: { answer: { access_token: null } }, rejects: /access_token/, asked: 1 },
  { name: 'a refused code', fault: { token_error: 'invalid_grant' }, rejects: /error/, asked: 1 },
  { name: 'a refused client', fault: { token_error: 'invalid_client' }, rejects: /./, asked: 1 },
];

for (const { name, fault, mode, says = 'approve', rejects, asked } of BEHAVIOURS) {
  test(`openid-client ${rejects ? 'rejects' : 'accepts'}: ${name}`, async ({ sandbox }) => {
    if (fault) await sandbox.fault({ network: 'chirper', ...fault });
    const config = configuration(sandbox);
    const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()];
    const question = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK, scope: 'post.read post.write offline.access', state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
      ...(mode ? { response_mode: mode } : {}),
    });
    const back = await answers(sandbox, question, says);
    const grant = client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state })
      .then(async (tokens) => client.fetchProtectedResource(config, tokens.access_token, new URL(`${sandbox.origin}/chirper/me`), 'GET'));
    const outcome = await grant.then((me) => me.status, (error: unknown) => described(error));
    if (rejects) expect(outcome).toMatch(rejects);
    else expect(outcome).toBe(200);
    expect(await sandbox.tokenRequests('chirper')).toBe(asked);
  });
}

test('openid-client’s code is refused with another verifier, and is good once', async ({ sandbox }) => {
  const config = configuration(sandbox);
  const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()];
  const question = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK, scope: 'post.read', state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const back = await answers(sandbox, question, 'approve');
  const redeem = (pkceCodeVerifier: string) =>
    client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState: state }).then(() => 'accepted', described);
  expect(await redeem(client.randomPKCECodeVerifier())).toMatch(/invalid_grant/);
  expect(await redeem(verifier)).toBe('accepted');
  expect(await redeem(verifier)).toMatch(/invalid_grant/);
});

function configuration(sandbox: Sandbox): client.Configuration {
  const issuer = `${sandbox.origin}/chirper`;
  const config = new client.Configuration(
    {
      issuer, authorization_endpoint: `${issuer}/oauth/authorize`, token_endpoint: `${issuer}/oauth/token`,
      authorization_response_iss_parameter_supported: true,
    },
    'greentick-chirper', undefined, client.ClientSecretBasic('sandbox-secret-chirper'),
  );
  // Loopback has no TLS.
  client.allowInsecureRequests(config);
  return config;
}

/** Answers the consent page as Ben; what the browser would bring back. */
async function answers(sandbox: Sandbox, question: URL, answer: 'approve' | 'cancel'): Promise<URL | Request> {
  const page = await (await fetch(question)).text();
  const request = /name="request" value="([^"]+)"/.exec(page)![1];
  const form = new URLSearchParams({ request, person: 'ben', answer });
  for (const scope of question.searchParams.get('scope')!.split(' ')) form.append('scope', scope);
  const decided = await fetch(`${sandbox.origin}/chirper/oauth/decide`, { method: 'POST', body: form, redirect: 'manual' });
  const location = decided.headers.get('location');
  if (location) return new URL(location);
  const html = await decided.text();
  const fields = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name, value]) => [name, value]);
  return new Request(/action="([^"]+)"/.exec(html)![1], { method: 'POST', body: new URLSearchParams(fields) });
}

/** The error and what it was caused by, as text. */
function described(error: unknown): string {
  const { message, code, cause, ...rest } = error as Error & { code?: string };
  const inner = cause instanceof URLSearchParams ? cause.toString() : cause instanceof Error ? cause.message : JSON.stringify(cause);
  return `${message} ${code} ${inner} ${JSON.stringify(rest)}`;
}
