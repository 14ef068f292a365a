/**
 * HubSpot's CRM in our words. The last parameter of every method is the call's options; reads take more there.
 *
 * Writes of single records and associations may have to wait: then they are in the durable queue, and the answer is that
 * of a queued job (`isQueued`). Batches never wait.
 *
 * Every method rejects with an `UpstreamError`, or with an `InvalidRequestError` for input that cannot be sent.
 */
import type { Flagged, HttpClient } from '../../pipeline/httpClient.ts';
import type { CallOptions, Queued } from '../../contract/call.ts';
import type { ServiceClient } from '../provider.ts';
import { HubspotAssociations, type AssociationBatchAnswer, type AssociationListOptions } from './hubspotAssociations.ts';
import { readContacts, type BatchReadAnswer } from './hubspotBatches.ts';
import type { ArchivedRow, ChangedRow, NewRow, UpsertedRow } from './hubspotBatchInputs.ts';
import type { BatchWriteAnswer } from './hubspotBatchRows.ts';
import { archiveRecords, createRecords, updateRecords, upsertRecords } from './hubspotBatchWrites.ts';
import type {
  AssociableType,
  AssociationInput,
  AssociationLabel,
  BatchRead,
  NewRecord,
  RecordChange,
  RecordType,
} from './hubspotInputs.ts';
import { getAccount } from './hubspotOperations.ts';
import { accountPath, contactByEmailPath, type RecordReference } from './hubspotPaths.ts';
import { companyOperations, contactOperations, dealOperations, getContactByEmail } from './hubspotRecordOperations.ts';
import { HubspotRecords, type ListOptions, type ReadOptions } from './hubspotRecords.ts';
import type { Account, AssociationPage, CrmRecord, LabelledAssociation, RecordPage, SearchAnswer } from './hubspotSchemas.ts';
import type { Search } from './hubspotSearchInput.ts';
import { upsertContact, type Upserted } from './hubspotUpsert.ts';

export class HubspotClient implements ServiceClient {
  readonly #http: HttpClient;
  readonly #records: Readonly<Record<RecordType, HubspotRecords>>;
  readonly #associations: HubspotAssociations;

  constructor(http: HttpClient) {
    this.#http = http;
    this.#records = {
      contacts: new HubspotRecords(http, 'contacts', contactOperations),
      companies: new HubspotRecords(http, 'companies', companyOperations),
      deals: new HubspotRecords(http, 'deals', dealOperations),
    };
    this.#associations = new HubspotAssociations(http);
  }

  /** The calls of one type of record, for those who treat all types alike. */
  records(type: RecordType): HubspotRecords {
    return this.#records[type];
  }

  /** Up to 30 s old; `refresh` asks HubSpot, for those who have just written. */
  getContact(id: string, options: ReadOptions = {}): Promise<Flagged<CrmRecord>> {
    return this.#records.contacts.get(id, options);
  }

  /** Unlike a search, it sees a contact as soon as it is written; up to 30 s old without `refresh`. */
  async getContactByEmail(email: string, { properties, ...options }: ReadOptions = {}): Promise<Flagged<CrmRecord>> {
    const query = { idProperty: 'email', properties };
    return this.#http.send(getContactByEmail, { path: contactByEmailPath(email), query }, options);
  }

  listContacts(options: ListOptions = {}): Promise<Flagged<RecordPage>> {
    return this.#records.contacts.list(options);
  }

  /** Not repeated after a lost answer. An email that is taken rejects with 409 `contact_exists` and `existingId`. */
  createContact(contact: NewRecord, options: CallOptions = {}): Promise<CrmRecord | Queued> {
    return this.#records.contacts.create(contact, options);
  }

  /** Answers only the changed properties and HubSpot's own. */
  updateContact(id: string, change: RecordChange, options: CallOptions = {}): Promise<CrmRecord | Queued> {
    return this.#records.contacts.update(id, change, options);
  }

  /** Updates the contact with this email, or creates it; may be repeated. At most three requests, one deadline. */
  upsertContact(email: string, change: RecordChange, options?: CallOptions): Promise<Upserted | Queued> {
    return upsertContact(this.#http, email, change, options);
  }

  /** Sees what was written a few moments ago, not what was just written. */
  searchContacts(search: Search, options: CallOptions = {}): Promise<Flagged<SearchAnswer>> {
    return this.#records.contacts.search(search, options);
  }

  /** Up to 100 contacts by id, or by another unique property. */
  batchReadContacts(batch: BatchRead, options?: CallOptions): Promise<BatchReadAnswer> {
    return readContacts(this.#http, batch, options);
  }

  getCompany(id: string, options: ReadOptions = {}): Promise<Flagged<CrmRecord>> {
    return this.#records.companies.get(id, options);
  }

  listCompanies(options: ListOptions = {}): Promise<Flagged<RecordPage>> {
    return this.#records.companies.list(options);
  }

  /** Not repeated after a lost answer: HubSpot would make two. */
  createCompany(company: NewRecord, options: CallOptions = {}): Promise<CrmRecord | Queued> {
    return this.#records.companies.create(company, options);
  }

  /** Answers only the changed properties and HubSpot's own. */
  updateCompany(id: string, change: RecordChange, options: CallOptions = {}): Promise<CrmRecord | Queued> {
    return this.#records.companies.update(id, change, options);
  }

  searchCompanies(search: Search, options: CallOptions = {}): Promise<Flagged<SearchAnswer>> {
    return this.#records.companies.search(search, options);
  }

  getDeal(id: string, options: ReadOptions = {}): Promise<Flagged<CrmRecord>> {
    return this.#records.deals.get(id, options);
  }

  listDeals(options: ListOptions = {}): Promise<Flagged<RecordPage>> {
    return this.#records.deals.list(options);
  }

  /** Not repeated after a lost answer: HubSpot would make two. */
  createDeal(deal: NewRecord, options: CallOptions = {}): Promise<CrmRecord | Queued> {
    return this.#records.deals.create(deal, options);
  }

  /** Answers only the changed properties and HubSpot's own. */
  updateDeal(id: string, change: RecordChange, options: CallOptions = {}): Promise<CrmRecord | Queued> {
    return this.#records.deals.update(id, change, options);
  }

  searchDeals(search: Search, options: CallOptions = {}): Promise<Flagged<SearchAnswer>> {
    return this.#records.deals.search(search, options);
  }

  /** Up to 100 at once, with an answer for each row. Not repeated after a lost answer. */
  batchCreate(type: AssociableType, rows: readonly NewRow[], options?: CallOptions): Promise<BatchWriteAnswer> {
    return createRecords(this.#http, type, rows, options);
  }

  /** Up to 100 at once, by id or by a unique property, with an answer for each row; may be repeated. */
  batchUpdate(type: RecordType, rows: readonly ChangedRow[], options?: CallOptions): Promise<BatchWriteAnswer> {
    return updateRecords(this.#http, type, rows, options);
  }

  /** Updates or creates up to 100 by a unique property, with an answer for each row; may be repeated. */
  batchUpsert(type: RecordType, rows: readonly UpsertedRow[], options?: CallOptions): Promise<BatchWriteAnswer> {
    return upsertRecords(this.#http, type, rows, options);
  }

  /** Up to 100 at once, by id; those that are not there count as archived. May be repeated. */
  batchArchive(type: RecordType, rows: readonly ArchivedRow[], options?: CallOptions): Promise<BatchWriteAnswer> {
    return archiveRecords(this.#http, type, rows, options);
  }

  /** With the default type between the two kinds of record, such as a contact's primary company. */
  associate(from: RecordReference, to: RecordReference, options?: CallOptions): Promise<Queued | undefined> {
    return this.#associations.associate(from, to, options);
  }

  associateLabelled(
    from: RecordReference,
    to: RecordReference,
    labels: readonly AssociationLabel[],
    options?: CallOptions,
  ): Promise<LabelledAssociation | Queued> {
    return this.#associations.associateLabelled(from, to, labels, options);
  }

  readAssociations(from: RecordReference, toType: AssociableType, options: AssociationListOptions = {}): Promise<Flagged<AssociationPage>> {
    return this.#associations.read(from, toType, options);
  }

  /** Of up to 1,000 records; one without any has an empty row. */
  batchReadAssociations(
    fromType: AssociableType,
    toType: AssociableType,
    inputs: readonly AssociationInput[],
    options?: CallOptions,
  ): Promise<AssociationBatchAnswer> {
    return this.#associations.batchRead(fromType, toType, inputs, options);
  }

  /** All types and labels between the two. */
  removeAssociation(from: RecordReference, to: RecordReference, options?: CallOptions): Promise<Queued | undefined> {
    return this.#associations.remove(from, to, options);
  }

  /** The account that the credential belongs to. */
  getAccount(options?: CallOptions): Promise<Flagged<Account>> {
    return this.#http.send(getAccount, { path: accountPath }, options);
  }

  getCircuitState(): ReturnType<HttpClient['getCircuitState']> {
    return this.#http.getCircuitState();
  }

  getMetrics(): ReturnType<HttpClient['getMetrics']> {
    return this.#http.getMetrics();
  }

  /** Asks for the account: the cheapest call, and one that needs no scope of the CRM. */
  healthCheck(): ReturnType<HttpClient['healthCheck']> {
    return this.#http.healthCheck(getAccount, { path: accountPath });
  }
}
