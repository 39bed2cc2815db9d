// npm `oidc-provider` as strict as it comes: PKCE demanded, `iss` in every answer, a new refresh token each time, and a
// second use of an old one ends everything. `src/tests/neighbours` starts it and ends it by closing its input; beside the
// provider's own doors there is one for the test, `/test/…`.
//
// With `par` it takes pushed authorization requests only.

import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';

const demandsPar = process.argv.includes('par');
const requests = [];
const grants = new Set();
let provider;

const server = createServer(async (request, response) => {
  const url = new URL(request.url, issuer());
  if (!url.pathname.startsWith('/test/')) {
    requests.push(`${request.method} ${url.pathname}`);
    return provider.callback()(request, response);
  }
  const body = await text(request);
  const answer = await doors[url.pathname](body ? JSON.parse(body) : {});
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer ?? {}));
});

const issuer = () => `http://localhost:${server.address().port}`;

const doors = {
  '/test/client': async ({ client_id, client_secret, redirect_uri }) => {
    provider = new Provider(issuer(), {
      clients: [{
        client_id, client_secret, redirect_uris: [redirect_uri], response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'client_secret_basic',
      }],
      scopes: ['openid', 'offline_access', 'posts'],
      features: {
        revocation: { enabled: true },
        introspection: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
        pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: demandsPar },
      },
      pkce: { required: () => true },
      rotateRefreshToken: true,
      ttl: { AccessToken: 3600, RefreshToken: 14 * 86400, Grant: 14 * 86400, Session: 3600, Interaction: 600, IdToken: 3600 },
    });
    provider.on('access_token.saved', (token) => grants.add(token.grantId));
  },
  // Knows nobody, and takes whoever registers (RFC 7591).
  '/test/open': async () => {
    provider = new Provider(issuer(), {
      scopes: ['openid', 'offline_access', 'profile'],
      claims: { openid: ['sub'], profile: ['name'] },
      features: { revocation: { enabled: true }, registration: { enabled: true } },
      pkce: { required: () => true },
      rotateRefreshToken: true,
      ttl: { AccessToken: 3600, RefreshToken: 14 * 86400, Grant: 14 * 86400, Session: 3600, Interaction: 600, IdToken: 3600 },
    });
    provider.on('access_token.saved', (token) => grants.add(token.grantId));
  },
  '/test/asked': async () => requests.splice(0),
  // The person takes the permission away, as in a list of apps.
  '/test/remove': async () => {
    for (const id of grants) {
      await provider.AccessToken.adapter.revokeByGrantId(id);
      await provider.RefreshToken.adapter.revokeByGrantId(id);
      await provider.Grant.adapter.destroy(id);
    }
  },
};

server.listen(0, '127.0.0.1', () => console.log(issuer()));
process.stdin.on('end', () => process.exit(0)).resume();
