/** What `package.json` names. */
export declare const OUT: string;
export declare function buildPackage(): Promise<void>;
