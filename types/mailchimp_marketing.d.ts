/** @mailchimp/mailchimp_marketing 3.0.80 ships no types: the part that the contract suite calls, as the package has it. */
declare module '@mailchimp/mailchimp_marketing' {
  type Fields = Readonly<Record<string, unknown>>;
  /** A list of records under a name of its own, and counts. */
  type Answer = Record<string, unknown>;

  export interface MailchimpMarketing {
    /** Outside its documentation: in it, only the data centre of the host can be chosen. */
    basePath: string;
    setConfig(config: { readonly apiKey?: string; readonly accessToken?: string; readonly server?: string }): void;
    readonly ping: { get(): Promise<Answer> };
    readonly lists: {
      getAllLists(query?: Fields): Promise<Answer>;
      getList(listId: string): Promise<Answer>;
      getListMembersInfo(listId: string, query?: Fields): Promise<Answer>;
      getListMember(listId: string, hash: string): Promise<Answer>;
      setListMember(listId: string, hash: string, body: Fields): Promise<Answer>;
      addListMember(listId: string, body: Fields): Promise<Answer>;
      updateListMember(listId: string, hash: string, body: Fields): Promise<Answer>;
      deleteListMember(listId: string, hash: string): Promise<null>;
      updateListMemberTags(listId: string, hash: string, body: Fields): Promise<null>;
      getListMemberTags(listId: string, hash: string): Promise<Answer>;
      batchListMembers(listId: string, body: Fields): Promise<Answer>;
    };
    readonly batches: {
      start(body: Fields): Promise<Answer>;
      status(batchId: string): Promise<Answer>;
    };
    readonly searchMembers: { search(query: string, options?: { readonly listId?: string }): Promise<Answer> };
  }

  const mailchimp: MailchimpMarketing;
  export default mailchimp;
}
