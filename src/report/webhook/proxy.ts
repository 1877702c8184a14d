import { type Dispatcher, EnvHttpProxyAgent } from 'undici';

/**
 * Goes through the proxy that the environment names, as most machines of a lab have to. As with curl, `10.0.0.1:3128` is a
 * proxy that is spoken to in HTTP.
 *
 * @throws Where what the environment names is no address.
 */
export function openDispatcher(environment: NodeJS.ProcessEnv = process.env): Dispatcher {
  const { http_proxy, HTTP_PROXY, https_proxy, HTTPS_PROXY } = environment;
  return new EnvHttpProxyAgent({
    httpProxy: withScheme(http_proxy ?? HTTP_PROXY ?? ''),
    httpsProxy: withScheme(https_proxy ?? HTTPS_PROXY ?? ''),
  });
}

function withScheme(proxy: string): string {
  return proxy === '' || proxy.includes('://') ? proxy : `http://${proxy}`;
}
