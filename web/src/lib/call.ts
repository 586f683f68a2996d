// A call of the HTTP interface, as src/api/openapi.json knows it: address, values, body and answer
// are of one path and method.

import type { paths } from './api_types.gen';
import { request, type RequestOptions } from './http';

type Api = { [P in keyof paths as P extends `/api/v1${infer Rest}` ? Rest : never]: paths[P] };
type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
type Operation<M extends Method, P extends keyof Api> = Api[P][Lowercase<M>];
/** The addresses that have the method. */
type Address<M extends Method> = {
  [P in keyof Api]: Operation<M, P> extends object ? P : never;
}[keyof Api];

type Json<T> = T extends { content: { 'application/json': infer J } } ? J : void;
type Done = 200 | 201 | 202 | 204;

/** What comes back; nothing of a 204. */
type Answer<M extends Method, P extends Address<M>> =
  Operation<M, P> extends { responses: infer R } ? Json<R[keyof R & Done]> : never;

/** What may be sent instead of JSON: a file, whose type says what it is. */
type Bytes<T> = 'image/jpeg' extends keyof T ? Blob : never;
type BodyOf<C> = C extends { requestBody: { content: { 'text/csv': string } | { 'text/vtt': string } } }
  ? { body: Blob }
  : C extends { requestBody?: never }
    ? { body?: never }
    : C extends { requestBody: { content: infer T extends { 'application/json': unknown } } }
      ? { body: T['application/json'] | Bytes<T> }
      : C extends { requestBody?: { content: { 'application/json': infer B } } }
        ? { body?: B | undefined }
        : never;

/** What is sent. */
export type Body<M extends Method, P extends Address<M>> =
  BodyOf<Operation<M, P>> extends { body: infer B } ? B : never;

/** What has no value is left out of the address. */
type Query<Q> = { [K in keyof Q]: Q[K] | null | undefined };
type Values<C> = C extends { parameters: infer V }
  ? (V extends { path: infer N } ? { path: N } : { path?: never }) &
      (V extends { query?: infer Q } ? { query?: Query<Q> } : { query?: never })
  : never;
type Given<C> = Values<C> & BodyOf<C> & Omit<RequestOptions, 'body'>;
type Rest<G> = object extends G ? [given?: G] : [given: G];

interface Loose extends RequestOptions {
  path?: Record<string, string>;
  query?: Record<string, string | number | null | undefined>;
}

function queryText(values: NonNullable<Loose['query']>): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== '') parts.set(key, String(value));
  }
  const text = parts.toString();
  return text ? `?${text}` : '';
}

export function call<M extends Method, P extends Address<M>>(
  method: M,
  address: P,
  ...[given]: Rest<Given<Operation<M, P>>>
): Promise<Answer<M, P>> {
  const { path = {}, query = {}, ...options } = (given ?? {}) as Loose;
  const filled = address.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  return request(method, filled + queryText(query), options);
}
