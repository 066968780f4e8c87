import { getBackendSrv, isFetchError, type FetchResponse } from '@grafana/runtime';
import { lastValueFrom } from 'rxjs';

/**
 * A `fetch` that goes through Grafana's data source proxy, which adds the keys.
 *
 * Grafana keeps two of its own answers apart from EMQX's: they are given back as what they mean.
 */
export async function carry(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const request = {
    url: String(input),
    method: init.method ?? 'GET',
    data: init.body ?? undefined,
    headers: plain(init.headers),
    responseType: 'text' as const,
    showErrorAlert: false,
    showSuccessAlert: false,
    abortSignal: init.signal ?? undefined,
  };
  try {
    return answered(await lastValueFrom(getBackendSrv().fetch<unknown>(request)));
  } catch (error) {
    if (isFetchError(error) && error.status >= 100) {
      return answered(error);
    }
    throw init.signal?.aborted ? init.signal.reason : new TypeError('Grafana cannot be reached', { cause: error });
  }
}

/** Grafana's client takes headers as a plain object only. */
function plain(headers: HeadersInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(headers).entries());
}

function answered({ status, data }: Pick<FetchResponse, 'status' | 'data'>): Response {
  const body = text(data);
  if (status === 400 && body.includes(REFUSED_BY_EMQX)) {
    return new Response(JSON.stringify({ code: 'BAD_API_KEY_OR_SECRET', message: body }), { status: 401 });
  }
  const empty = status === 204 || status === 205 || status === 304;
  return new Response(empty ? null : body, { status });
}

/** Grafana's client wraps the text of a failed answer (grafana `public/app/core/services/backend_srv.ts`). */
function text(data: unknown): string {
  if (typeof data === 'object' && data !== null && 'response' in data && typeof data.response === 'string') {
    return data.response;
  }
  return typeof data === 'string' ? data : data === undefined || data === null ? '' : JSON.stringify(data);
}

/** What Grafana says, with status 400, where EMQX said 401 (grafana `pkg/api/pluginproxy/ds_proxy.go`). */
const REFUSED_BY_EMQX = 'Authentication to data source failed';
