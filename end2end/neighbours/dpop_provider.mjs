// npm `oidc-provider` as Bluesky's servers are: pushed requests only, statements signed by the app's key, which it fetches
// from the app, tokens bound to a key of the grant, a nonce of the server's in every proof, a new refresh token each time.
// `src/tests/bound_tokens.rs` starts it and ends it by closing its input. Whoever comes approves; beside the provider's own
// doors there are some for the test, `/test/…`.

import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';

const heard = [];
const grants = new Set();
/** Where hosts that have no name here are found. */
let homes = {};
let provider;

const server = createServer(async (request, response) => {
  const url = new URL(request.url, issuer());
  const door = doors[url.pathname.split('/').slice(0, 3).join('/')];
  if (!door) {
    heard.push(`${request.method} ${url.pathname}`);
    return provider.callback()(request, response);
  }
  const answer = await door(request, response);
  if (answer === undefined) return;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer));
});

const issuer = () => `http://localhost:${server.address().port}`;

function begin(clients) {
  provider = new Provider(issuer(), {
    clients,
    scopes: ['openid', 'offline_access', 'profile', 'posts'],
    features: {
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      revocation: { enabled: true },
    },
    clientAuthMethods: ['private_key_jwt', 'client_secret_basic'],
    // The app's clock is moved by the test.
    clockTolerance: 3600,
    // By itself it asks nobody on this machine.
    fetch: (url, { signal, headers }) => {
      const { origin, pathname } = new URL(url);
      heard.push(`asks ${pathname.split('/').at(-1)}`);
      return globalThis.fetch((homes[origin] ?? origin) + pathname, { signal, headers });
    },
    interactions: { url: (_, interaction) => `/test/yes/${interaction.uid}` },
    pkce: { required: () => true },
    rotateRefreshToken: true,
    ttl: { AccessToken: 3600, RefreshToken: 14 * 86400, Grant: 14 * 86400, Session: 3600, Interaction: 600, IdToken: 3600 },
  });
  for (const event of ['grant.success', 'grant.error', 'grant.revoked', 'pushed_authorization_request.error', 'server_error']) {
    provider.on(event, (_, error) => heard.push(error?.error ? `${event} ${error.error}` : event));
  }
  provider.on('access_token.saved', (token) => grants.add(token.grantId));
}

const doors = {
  '/test/client': async (request) => {
    begin([JSON.parse(await text(request))]);
    return {};
  },
  // Nobody has registered anything; whoever comes is known by their own address.
  '/test/nobody': async (request) => {
    homes = JSON.parse(await text(request));
    begin([]);
    return {};
  },
  // Time goes by here, so that the nonces that it gave before are worth nothing any more.
  '/test/nonces': () => {
    const now = Date.now;
    Date.now = () => now() + 600_000;
    return {};
  },
  '/test/yes': async (request, response) => {
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId: 'ada', clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(request, response, { login: { accountId: 'ada' }, consent });
  },
  '/test/heard': () => heard.splice(0),
  // The person takes the permission away, as in a list of apps.
  '/test/remove': async () => {
    for (const id of grants) {
      await provider.AccessToken.adapter.revokeByGrantId(id);
      await provider.RefreshToken.adapter.revokeByGrantId(id);
      await provider.Grant.adapter.destroy(id);
    }
    return {};
  },
};

server.listen(0, '127.0.0.1', () => console.log(issuer()));
process.stdin.on('end', () => process.exit(0)).resume();
