/**
 * Labels: what a kept answer may be purged by. Its service, its operation, and the tags of what it tells of.
 */
import type { CallSite } from '../errors/upstreamErrors.ts';

export const serviceLabel = (service: string): string => service;

export const operationLabel = (service: string, operation: string): string => `${service} ${operation}`;

/** @param tag Such as `contacts:7`; only of the service that declares it. */
export const tagLabel = (service: string, tag: string): string => `${service} #${tag}`;

export const isTagLabel = (label: string): boolean => label.includes(' #');

export const labelsOf = ({ service, operation }: CallSite, tags: readonly string[] = []): readonly string[] => [
  serviceLabel(service),
  operationLabel(service, operation),
  ...tags.map((tag) => tagLabel(service, tag)),
];
