BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'mailpixel','0001_log','2026-11-28 03:20:12.977522+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'mailpixel','0002_projections','2026-11-28 03:20:12.978183+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'mailpixel','0003_registry','2026-11-28 03:20:12.980541+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'mailpixel','0004_passthrough','2026-11-28 03:20:12.981198+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'mailpixel','0005_archive','2026-11-28 03:20:12.982038+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'mailpixel','0006_signing_keys','2026-11-28 03:20:12.982268+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'mailpixel','0007_left_shelves','2026-11-28 03:20:12.982800+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'mailpixel','0008_put_aside','2026-11-28 03:20:12.983104+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'mailpixel','0009_campaigns_of_person','2026-11-28 03:20:12.987501+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'mailpixel','0010_seen_urls','2026-11-28 03:20:12.988207+00:00');
INSERT INTO "_sqlite_migrations" VALUES(11,'mailpixel','0011_relinked','2026-11-28 03:20:12.988727+00:00');
INSERT INTO "_sqlite_migrations" VALUES(12,'mailpixel','0012_noted','2026-11-28 03:20:12.989163+00:00');
INSERT INTO "_sqlite_migrations" VALUES(13,'mailpixel','0013_editions','2026-11-28 03:20:12.989417+00:00');
INSERT INTO "_sqlite_migrations" VALUES(14,'mailpixel','0014_consumers','2026-11-28 03:20:12.990126+00:00');
INSERT INTO "_sqlite_migrations" VALUES(15,'mailpixel','0015_tombstones','2026-11-28 03:20:12.990549+00:00');
INSERT INTO "_sqlite_migrations" VALUES(16,'mailpixel','0016_standing','2026-11-28 03:20:12.993729+00:00');
INSERT INTO "_sqlite_migrations" VALUES(17,'mailpixel','0017_knowledge','2026-11-28 03:20:12.994685+00:00');
CREATE TABLE agents (id integer primary key, agent text not null unique);
INSERT INTO "agents" VALUES(1,'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)');
INSERT INTO "agents" VALUES(2,'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36');
INSERT INTO "agents" VALUES(3,'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1');
INSERT INTO "agents" VALUES(4,'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0');
INSERT INTO "agents" VALUES(5,'Mozilla/5.0');
INSERT INTO "agents" VALUES(6,'curl/8.5.0');
INSERT INTO "agents" VALUES(7,'');
CREATE TABLE api_keys (
            name text primary key,
            scope text not null,
            digest blob not null,
            created_at_ms integer not null,
            revoked_at_ms integer,
            revision integer not null
        ) without rowid;
CREATE TABLE "aside" (
            campaign text not null,
            recipient text not null,
            error text not null,
            primary key (campaign, recipient)
        ) without rowid;
CREATE TABLE campaigns (
            id text primary key,
            name text not null,
            sent_at_ms integer,
            sent integer,
            base_url text,
            stale integer not null,
            revision integer not null
        , passthrough text not null default '', archived integer not null default 0, signed integer not null default 0, met_links integer not null default 0, relinked integer not null default 0) without rowid;
INSERT INTO "campaigns" VALUES('autumn','Autumn',NULL,NULL,NULL,0,2,'',0,1,0,0);
INSERT INTO "campaigns" VALUES('spring','Spring sale',NULL,40,NULL,0,1,'',0,1,0,0);
CREATE TABLE campaigns_of_person (
            recipient text not null,
            campaign text not null,
            primary key (recipient, campaign)
        ) without rowid;
INSERT INTO "campaigns_of_person" VALUES('r-1','autumn');
INSERT INTO "campaigns_of_person" VALUES('r-1','spring');
INSERT INTO "campaigns_of_person" VALUES('r-10','spring');
INSERT INTO "campaigns_of_person" VALUES('r-11','spring');
INSERT INTO "campaigns_of_person" VALUES('r-12','spring');
INSERT INTO "campaigns_of_person" VALUES('r-13','spring');
INSERT INTO "campaigns_of_person" VALUES('r-14','spring');
INSERT INTO "campaigns_of_person" VALUES('r-15','spring');
INSERT INTO "campaigns_of_person" VALUES('r-16','spring');
INSERT INTO "campaigns_of_person" VALUES('r-17','spring');
INSERT INTO "campaigns_of_person" VALUES('r-18','spring');
INSERT INTO "campaigns_of_person" VALUES('r-19','spring');
INSERT INTO "campaigns_of_person" VALUES('r-2','autumn');
INSERT INTO "campaigns_of_person" VALUES('r-2','spring');
INSERT INTO "campaigns_of_person" VALUES('r-20','spring');
INSERT INTO "campaigns_of_person" VALUES('r-21','spring');
INSERT INTO "campaigns_of_person" VALUES('r-22','spring');
INSERT INTO "campaigns_of_person" VALUES('r-3','autumn');
INSERT INTO "campaigns_of_person" VALUES('r-3','spring');
INSERT INTO "campaigns_of_person" VALUES('r-4','autumn');
INSERT INTO "campaigns_of_person" VALUES('r-4','spring');
INSERT INTO "campaigns_of_person" VALUES('r-5','autumn');
INSERT INTO "campaigns_of_person" VALUES('r-5','spring');
INSERT INTO "campaigns_of_person" VALUES('r-6','spring');
INSERT INTO "campaigns_of_person" VALUES('r-7','spring');
INSERT INTO "campaigns_of_person" VALUES('r-8','spring');
INSERT INTO "campaigns_of_person" VALUES('r-9','spring');
CREATE TABLE counters (
            shelf integer not null,
            bucket_ms integer not null,
            link integer not null,
            measure text not null,
            number integer not null,
            primary key (shelf, bucket_ms, link, measure)
        ) without rowid;
INSERT INTO "counters" VALUES(1,0,0,'clicks.deduplicated',5);
INSERT INTO "counters" VALUES(1,0,0,'clicks.events',5);
INSERT INTO "counters" VALUES(1,0,0,'clicks.human',5);
INSERT INTO "counters" VALUES(1,0,0,'clicks.on_trackable_opens',5);
INSERT INTO "counters" VALUES(1,0,0,'clicks.unique',5);
INSERT INTO "counters" VALUES(1,0,0,'clicks.unique_human',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.client.browser',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.deduplicated',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.device.desktop',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.events',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.human',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.unique',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.unique_human',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.unique_human_trackable',5);
INSERT INTO "counters" VALUES(1,0,0,'seen',5);
INSERT INTO "counters" VALUES(1,0,0,'standing.clicked',5);
INSERT INTO "counters" VALUES(1,0,1,'clicks.events',5);
INSERT INTO "counters" VALUES(1,0,1,'clicks.human',5);
INSERT INTO "counters" VALUES(1,0,1,'clicks.unique_human',5);
INSERT INTO "counters" VALUES(1,1795835700000,0,'clicks.events',5);
INSERT INTO "counters" VALUES(1,1795835700000,0,'clicks.first_human',5);
INSERT INTO "counters" VALUES(1,1795835700000,0,'clicks.human',5);
INSERT INTO "counters" VALUES(1,1795835700000,0,'opens.events',5);
INSERT INTO "counters" VALUES(1,1795835700000,0,'opens.first_human',5);
INSERT INTO "counters" VALUES(1,1795835700000,0,'opens.human',5);
INSERT INTO "counters" VALUES(2,0,0,'clicks.deduplicated',16);
INSERT INTO "counters" VALUES(2,0,0,'clicks.events',16);
INSERT INTO "counters" VALUES(2,0,0,'clicks.human',13);
INSERT INTO "counters" VALUES(2,0,0,'clicks.machine',3);
INSERT INTO "counters" VALUES(2,0,0,'clicks.on_privacy',1);
INSERT INTO "counters" VALUES(2,0,0,'clicks.on_privacy_only',1);
INSERT INTO "counters" VALUES(2,0,0,'clicks.on_trackable_opens',9);
INSERT INTO "counters" VALUES(2,0,0,'clicks.unique',12);
INSERT INTO "counters" VALUES(2,0,0,'clicks.unique_human',11);
INSERT INTO "counters" VALUES(2,0,0,'delivered',2);
INSERT INTO "counters" VALUES(2,0,0,'opens.client.browser',8);
INSERT INTO "counters" VALUES(2,0,0,'opens.client.gmail',4);
INSERT INTO "counters" VALUES(2,0,0,'opens.client.thunderbird',4);
INSERT INTO "counters" VALUES(2,0,0,'opens.client.unknown',2);
INSERT INTO "counters" VALUES(2,0,0,'opens.deduplicated',22);
INSERT INTO "counters" VALUES(2,0,0,'opens.device.desktop',8);
INSERT INTO "counters" VALUES(2,0,0,'opens.device.phone',6);
INSERT INTO "counters" VALUES(2,0,0,'opens.device.unknown',4);
INSERT INTO "counters" VALUES(2,0,0,'opens.events',22);
INSERT INTO "counters" VALUES(2,0,0,'opens.human',16);
INSERT INTO "counters" VALUES(2,0,0,'opens.inferred_from_clicks',2);
INSERT INTO "counters" VALUES(2,0,0,'opens.machine',3);
INSERT INTO "counters" VALUES(2,0,0,'opens.privacy_prefetch',3);
INSERT INTO "counters" VALUES(2,0,0,'opens.proxied',4);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique',22);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique_human',16);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique_human_trackable',16);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique_privacy_only',3);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique_privacy_prefetch',3);
INSERT INTO "counters" VALUES(2,0,0,'opted_out',1);
INSERT INTO "counters" VALUES(2,0,0,'seen',22);
INSERT INTO "counters" VALUES(2,0,0,'standing.clicked',11);
INSERT INTO "counters" VALUES(2,0,0,'standing.hidden',2);
INSERT INTO "counters" VALUES(2,0,0,'standing.machines',2);
INSERT INTO "counters" VALUES(2,0,0,'standing.opted_out',1);
INSERT INTO "counters" VALUES(2,0,0,'standing.read',6);
INSERT INTO "counters" VALUES(2,0,1,'clicks.events',9);
INSERT INTO "counters" VALUES(2,0,1,'clicks.human',8);
INSERT INTO "counters" VALUES(2,0,1,'clicks.machine',1);
INSERT INTO "counters" VALUES(2,0,1,'clicks.unique_human',8);
INSERT INTO "counters" VALUES(2,0,2,'clicks.events',6);
INSERT INTO "counters" VALUES(2,0,2,'clicks.human',5);
INSERT INTO "counters" VALUES(2,0,2,'clicks.machine',1);
INSERT INTO "counters" VALUES(2,0,2,'clicks.unique_human',5);
INSERT INTO "counters" VALUES(2,0,3,'clicks.events',1);
INSERT INTO "counters" VALUES(2,0,3,'clicks.machine',1);
INSERT INTO "counters" VALUES(2,1795835700000,0,'clicks.events',16);
INSERT INTO "counters" VALUES(2,1795835700000,0,'clicks.first_human',11);
INSERT INTO "counters" VALUES(2,1795835700000,0,'clicks.human',13);
INSERT INTO "counters" VALUES(2,1795835700000,0,'clicks.machine',3);
INSERT INTO "counters" VALUES(2,1795835700000,0,'opens.events',22);
INSERT INTO "counters" VALUES(2,1795835700000,0,'opens.first_human',16);
INSERT INTO "counters" VALUES(2,1795835700000,0,'opens.human',16);
INSERT INTO "counters" VALUES(2,1795835700000,0,'opens.machine',3);
INSERT INTO "counters" VALUES(2,1795835700000,0,'opens.privacy_prefetch',3);
CREATE TABLE days (
        shelf integer not null,
        day integer not null,
        measure text not null,
        number integer not null,
        primary key (shelf, day, measure)
    ) without rowid;
INSERT INTO "days" VALUES(1,20785,'clicks.events',5);
INSERT INTO "days" VALUES(1,20785,'clicks.first_human',5);
INSERT INTO "days" VALUES(1,20785,'clicks.human',5);
INSERT INTO "days" VALUES(1,20785,'opens.events',5);
INSERT INTO "days" VALUES(1,20785,'opens.first_human',5);
INSERT INTO "days" VALUES(1,20785,'opens.human',5);
INSERT INTO "days" VALUES(2,20785,'clicks.events',16);
INSERT INTO "days" VALUES(2,20785,'clicks.first_human',11);
INSERT INTO "days" VALUES(2,20785,'clicks.human',13);
INSERT INTO "days" VALUES(2,20785,'clicks.machine',3);
INSERT INTO "days" VALUES(2,20785,'opens.events',22);
INSERT INTO "days" VALUES(2,20785,'opens.first_human',16);
INSERT INTO "days" VALUES(2,20785,'opens.human',16);
INSERT INTO "days" VALUES(2,20785,'opens.machine',3);
INSERT INTO "days" VALUES(2,20785,'opens.privacy_prefetch',3);
CREATE TABLE deleted_campaigns (
            id text primary key,
            revision integer not null
        ) without rowid;
CREATE TABLE editions (campaign text primary key, edition text not null) without rowid;
INSERT INTO "editions" VALUES('autumn','4-94636c3333');
INSERT INTO "editions" VALUES('spring','4-94636c3333');
CREATE TABLE events (
            position integer primary key autoincrement,
            id blob not null unique,
            kind integer not null,
            campaign text not null,
            recipient text not null,
            link integer,
            destination text,
            method text,
            address text,
            agent integer not null references agents (id),
            facts integer not null
        );
INSERT INTO "events" VALUES(1,X'01A2202AFB2B3FEB1335000000000001',0,'spring','r-1',NULL,NULL,NULL,'127.0.0.1',1,32752);
INSERT INTO "events" VALUES(2,X'01A2202AFB3C3FEB1335000000000002',1,'spring','r-1',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(3,X'01A2202AFB483FEB1335000000000003',1,'spring','r-1',2,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(4,X'01A2202AFB543FEB1335000000000004',0,'spring','r-2',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(5,X'01A2202AFB573FEB1335000000000005',0,'spring','r-3',NULL,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(6,X'01A2202AFB603FEB1335000000000006',0,'spring','r-4',NULL,NULL,NULL,'127.0.0.1',4,32752);
INSERT INTO "events" VALUES(7,X'01A2202AFB683FEB1335000000000007',1,'spring','r-4',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(8,X'01A2202AFB743FEB1335000000000008',0,'spring','r-5',NULL,NULL,NULL,'127.0.0.1',5,32752);
INSERT INTO "events" VALUES(9,X'01A2202AFB7C3FEB1335000000000009',0,'spring','r-6',NULL,NULL,NULL,'127.0.0.1',6,32752);
INSERT INTO "events" VALUES(10,X'01A2202AFB813FEB133500000000000A',1,'spring','r-6',2,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(11,X'01A2202AFB883FEB133500000000000B',0,'spring','r-7',NULL,NULL,NULL,'127.0.0.1',1,32752);
INSERT INTO "events" VALUES(12,X'01A2202AFB903FEB133500000000000C',1,'spring','r-7',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(13,X'01A2202AFB933FEB133500000000000D',0,'spring','r-8',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(14,X'01A2202AFB963FEB133500000000000E',1,'spring','r-8',1,NULL,NULL,'127.0.0.1',6,32752);
INSERT INTO "events" VALUES(15,X'01A2202AFBA43FEB133500000000000F',1,'spring','r-8',2,NULL,NULL,'127.0.0.1',6,32752);
INSERT INTO "events" VALUES(16,X'01A2202AFBAC3FEB1335000000000010',1,'spring','r-8',3,NULL,NULL,'127.0.0.1',6,32752);
INSERT INTO "events" VALUES(17,X'01A2202AFBBC3FEB1335000000000011',0,'spring','r-9',NULL,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(18,X'01A2202AFBBF3FEB1335000000000012',0,'spring','r-10',NULL,NULL,NULL,'127.0.0.1',4,32752);
INSERT INTO "events" VALUES(19,X'01A2202AFBCC3FEB1335000000000013',1,'spring','r-10',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(20,X'01A2202AFBD03FEB1335000000000014',0,'spring','r-11',NULL,NULL,NULL,'127.0.0.1',5,32752);
INSERT INTO "events" VALUES(21,X'01A2202AFBDC3FEB1335000000000015',1,'spring','r-11',2,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(22,X'01A2202AFBE03FEB1335000000000016',0,'spring','r-12',NULL,NULL,NULL,'127.0.0.1',6,32752);
INSERT INTO "events" VALUES(23,X'01A2202AFBE53FEB1335000000000017',0,'spring','r-13',NULL,NULL,NULL,'127.0.0.1',1,32752);
INSERT INTO "events" VALUES(24,X'01A2202AFBEC3FEB1335000000000018',1,'spring','r-13',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(25,X'01A2202AFBF93FEB1335000000000019',0,'spring','r-14',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(26,X'01A2202AFC023FEB133500000000001A',0,'spring','r-15',NULL,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(27,X'01A2202AFC0C3FEB133500000000001B',0,'spring','r-16',NULL,NULL,NULL,'127.0.0.1',4,32752);
INSERT INTO "events" VALUES(28,X'01A2202AFC113FEB133500000000001C',1,'spring','r-16',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(29,X'01A2202AFC183FEB133500000000001D',1,'spring','r-16',2,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(30,X'01A2202AFC243FEB133500000000001E',0,'spring','r-17',NULL,NULL,NULL,'127.0.0.1',5,32752);
INSERT INTO "events" VALUES(31,X'01A2202AFC2B3FEB133500000000001F',0,'spring','r-18',NULL,NULL,NULL,'127.0.0.1',6,32752);
INSERT INTO "events" VALUES(32,X'01A2202AFC343FEB1335000000000020',0,'spring','r-19',NULL,NULL,NULL,'127.0.0.1',1,32752);
INSERT INTO "events" VALUES(33,X'01A2202AFC443FEB1335000000000021',1,'spring','r-19',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(34,X'01A2202AFC4A3FEB1335000000000022',0,'spring','r-20',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(35,X'01A2202AFC503FEB1335000000000023',0,'spring','r-21',NULL,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(36,X'01A2202AFC5C3FEB1335000000000024',1,'spring','r-21',2,NULL,NULL,'127.0.0.1',3,32752);
INSERT INTO "events" VALUES(37,X'01A2202AFC643FEB1335000000000025',0,'spring','r-22',NULL,NULL,NULL,'127.0.0.1',4,32752);
INSERT INTO "events" VALUES(38,X'01A2202AFC743FEB1335000000000026',1,'spring','r-22',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(39,X'01A2202AFC783FEB1335000000000027',0,'autumn','r-1',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(40,X'01A2202AFC8F3FEB1335000000000028',1,'autumn','r-1',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(41,X'01A2202AFC983FEB1335000000000029',0,'autumn','r-2',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(42,X'01A2202AFCAA3FEB133500000000002A',1,'autumn','r-2',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(43,X'01A2202AFCB03FEB133500000000002B',0,'autumn','r-3',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(44,X'01A2202AFCC03FEB133500000000002C',1,'autumn','r-3',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(45,X'01A2202AFCC83FEB133500000000002D',0,'autumn','r-4',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(46,X'01A2202AFCDE3FEB133500000000002E',1,'autumn','r-4',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(47,X'01A2202AFCE63FEB133500000000002F',0,'autumn','r-5',NULL,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(48,X'01A2202AFCF83FEB1335000000000030',1,'autumn','r-5',1,NULL,NULL,'127.0.0.1',2,32752);
INSERT INTO "events" VALUES(49,X'01A21C3BB608000000005B1F83199170',2,'spring','r-2',NULL,NULL,'',NULL,7,0);
INSERT INTO "events" VALUES(50,X'01A21C3BB9F0000000000CE06209D03D',2,'spring','r-3',NULL,NULL,'',NULL,7,0);
INSERT INTO "events" VALUES(51,X'01A2202B00EF000000008BC3E63ACCDB',3,'spring','r-9',NULL,NULL,'',NULL,7,0);
CREATE TABLE folded (
            only integer primary key check (only = 1),
            erasures integer not null,
            replacements integer not null,
            noted integer not null
        );
INSERT INTO "folded" VALUES(1,0,0,51);
CREATE TABLE leases (
            consumer text primary key,
            holder text not null,
            expires_at_ms integer not null,
            caught_up_at_ms integer not null
        ) without rowid;
INSERT INTO "leases" VALUES('fold','a200b0e472b14abf9f054588f5b27781',0,1795836017891);
CREATE TABLE link_revisions (
            id integer primary key autoincrement,
            campaign text not null references campaigns (id),
            number integer not null,
            url text not null,
            replaced_at_ms integer not null,
            replaced_by text not null
        );
CREATE TABLE links (
            campaign text not null references campaigns (id),
            number integer not null,
            url text not null,
            trap integer not null,
            primary key (campaign, number)
        ) without rowid;
INSERT INTO "links" VALUES('autumn',1,'https://shop.example/autumn',0);
INSERT INTO "links" VALUES('spring',1,'https://shop.example/spring',0);
INSERT INTO "links" VALUES('spring',2,'https://shop.example/contact',0);
INSERT INTO "links" VALUES('spring',3,'https://shop.example/more',0);
CREATE TABLE optouts (
            recipient text primary key,
            opted_out_at_ms integer not null,
            revision integer not null
        ) without rowid;
INSERT INTO "optouts" VALUES('r-9',1795836018927,3);
CREATE TABLE overflow (
            campaign text not null,
            recipient text not null,
            day integer not null,
            edge blob not null,
            hits integer not null,
            primary key (campaign, recipient, day, edge)
        ) without rowid;
CREATE TABLE person_secret (only integer primary key check (only = 1), secret blob not null);
INSERT INTO "person_secret" VALUES(1,X'6DDDB53F9ED663DE71193AFD038E1B02AA6C2FC7F07F84B52AF589AE3590E2B7');
CREATE TABLE positions (consumer text primary key, position integer not null) without rowid;
INSERT INTO "positions" VALUES('fold',51);
CREATE TABLE registry (only integer primary key check (only = 1), revision integer not null);
INSERT INTO "registry" VALUES(1,3);
CREATE TABLE rules_editions (number integer primary key autoincrement, rules text not null);
INSERT INTO "rules_editions" VALUES(1,'4-94636c3333');
CREATE TABLE seen_urls (
            campaign text not null,
            slot integer not null,
            mark blob not null,
            reader blob not null,
            primary key (campaign, slot)
        ) without rowid;
CREATE TABLE shelves (
            id integer primary key autoincrement,
            campaign text not null,
            live integer not null
        );
INSERT INTO "shelves" VALUES(1,'autumn',1);
INSERT INTO "shelves" VALUES(2,'spring',1);
CREATE TABLE signing_keys (
            id integer primary key,
            fingerprint blob not null,
            removed integer not null
        );
INSERT INTO "signing_keys" VALUES(1,X'23EE07945850654A',0);
CREATE TABLE states (
            shelf integer not null,
            recipient text not null,
            marks blob not null,
            delivered_at_ms integer,
            opted_out integer not null,
            first_human_open_at_ms integer,
            first_human_click_at_ms integer,
            last_event_at_ms integer, client integer not null default 0, standing integer not null default 0, known integer not null default 0, edition integer not null default 0,
            primary key (shelf, recipient)
        ) without rowid;
INSERT INTO "states" VALUES(1,'r-1',X'64656661756C740A71480A6B0000000071480A6B01040000',NULL,0,1795836017784,1795836017807,1795836017807,5633,4,2,1);
INSERT INTO "states" VALUES(1,'r-2',X'64656661756C740A71480A6B0000000071480A6B01040000',NULL,0,1795836017816,1795836017834,1795836017834,5633,4,2,1);
INSERT INTO "states" VALUES(1,'r-3',X'64656661756C740A71480A6B0000000071480A6B01040000',NULL,0,1795836017840,1795836017856,1795836017856,5633,4,2,1);
INSERT INTO "states" VALUES(1,'r-4',X'64656661756C740A71480A6B0000000071480A6B01040000',NULL,0,1795836017864,1795836017886,1795836017886,5633,4,2,1);
INSERT INTO "states" VALUES(1,'r-5',X'64656661756C740A71480A6B0000000071480A6B01040000',NULL,0,1795836017894,1795836017912,1795836017912,5633,4,2,1);
INSERT INTO "states" VALUES(2,'r-1',X'6D61696C5F70726F78792C64656661756C740A71480A6B1000000071480A6B0104000471480A6B01080004',NULL,0,1795836017451,1795836017468,1795836017480,256,4,3,1);
INSERT INTO "states" VALUES(2,'r-10',X'64656661756C740A71480A6B0000000071480A6B01040000',NULL,0,1795836017599,1795836017612,1795836017612,2049,4,2,1);
INSERT INTO "states" VALUES(2,'r-11',X'6170706C655F6D70702C64656661756C740A71480A6B3200000071480A6B01080004',NULL,0,NULL,1795836017628,1795836017628,2,4,2,1);
INSERT INTO "states" VALUES(2,'r-12',X'6465636C617265640A71480A6B08000000',NULL,0,NULL,NULL,1795836017632,0,1,1,1);
INSERT INTO "states" VALUES(2,'r-13',X'6D61696C5F70726F78792C64656661756C740A71480A6B1000000071480A6B01040004',NULL,0,1795836017637,1795836017644,1795836017644,256,4,2,1);
INSERT INTO "states" VALUES(2,'r-14',X'64656661756C740A71480A6B00000000',NULL,0,1795836017657,NULL,1795836017657,5633,3,1,1);
INSERT INTO "states" VALUES(2,'r-15',X'64656661756C740A71480A6B00000000',NULL,0,1795836017666,NULL,1795836017666,5634,3,1,1);
INSERT INTO "states" VALUES(2,'r-16',X'64656661756C740A71480A6B0000000071480A6B0104000071480A6B01080000',NULL,0,1795836017676,1795836017681,1795836017688,2049,4,3,1);
INSERT INTO "states" VALUES(2,'r-17',X'6170706C655F6D70700A71480A6B32000000',NULL,0,NULL,NULL,1795836017700,0,2,1,1);
INSERT INTO "states" VALUES(2,'r-18',X'6465636C617265640A71480A6B08000000',NULL,0,NULL,NULL,1795836017707,0,1,1,1);
INSERT INTO "states" VALUES(2,'r-19',X'6D61696C5F70726F78792C64656661756C740A71480A6B1000000071480A6B01040004',NULL,0,1795836017716,1795836017732,1795836017732,256,4,2,1);
INSERT INTO "states" VALUES(2,'r-2',X'64656661756C740A71480A6B00000000',1795770005000,0,1795836017492,NULL,1795836017492,5633,3,2,1);
INSERT INTO "states" VALUES(2,'r-20',X'64656661756C740A71480A6B00000000',NULL,0,1795836017738,NULL,1795836017738,5633,3,1,1);
INSERT INTO "states" VALUES(2,'r-21',X'64656661756C740A71480A6B0000000071480A6B01080000',NULL,0,1795836017744,1795836017756,1795836017756,5634,4,2,1);
INSERT INTO "states" VALUES(2,'r-22',X'64656661756C740A71480A6B0000000071480A6B01040000',NULL,0,1795836017764,1795836017780,1795836017780,2049,4,2,1);
INSERT INTO "states" VALUES(2,'r-3',X'64656661756C740A71480A6B00000000',1795770006000,0,1795836017495,NULL,1795836017495,5634,3,2,1);
INSERT INTO "states" VALUES(2,'r-4',X'64656661756C740A71480A6B0000000071480A6B01040000',NULL,0,1795836017504,1795836017512,1795836017512,2049,4,2,1);
INSERT INTO "states" VALUES(2,'r-5',X'6170706C655F6D70700A71480A6B32000000',NULL,0,NULL,NULL,1795836017524,0,2,1,1);
INSERT INTO "states" VALUES(2,'r-6',X'6465636C617265642C64656661756C740A71480A6B0800000071480A6B01080004',NULL,0,NULL,1795836017537,1795836017537,2,4,2,1);
INSERT INTO "states" VALUES(2,'r-7',X'6D61696C5F70726F78792C64656661756C740A71480A6B1000000071480A6B01040004',NULL,0,1795836017544,1795836017552,1795836017552,256,4,2,1);
INSERT INTO "states" VALUES(2,'r-8',X'64656661756C742C6465636C617265640A71480A6B0000000071480A6B0904000471480A6B0908000471480A6B090C0004',NULL,0,1795836017555,NULL,1795836017580,5633,3,4,1);
INSERT INTO "states" VALUES(2,'r-9',X'64656661756C740A71480A6B00000000',NULL,1,1795836017596,NULL,1795836018927,5634,5,2,1);
CREATE TABLE suppressed (
            person8 blob primary key,
            at_ms integer not null,
            lifted_ms integer
        ) without rowid;
CREATE TABLE unswept (text text not null);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX events_of_message on events (campaign, recipient);
CREATE UNIQUE INDEX live_shelf on shelves (campaign) where live = 1;
CREATE INDEX campaigns_by_revision on campaigns (revision);
CREATE INDEX stale_campaigns on campaigns (id) where stale = 1;
CREATE INDEX revisions_of_campaign on link_revisions (campaign);
CREATE INDEX api_keys_by_revision on api_keys (revision);
CREATE INDEX optouts_by_revision on optouts (revision);
CREATE INDEX campaigns_in_lists on campaigns (archived, id);
CREATE INDEX deleted_campaigns_by_revision on deleted_campaigns (revision);
CREATE INDEX unfinished_shelves on shelves (live) where live < 1;
CREATE INDEX links_by_url on links (campaign, url);
CREATE INDEX relinked_campaigns on campaigns (id) where relinked = 1;
CREATE INDEX events_that_carried on events (campaign, destination, recipient) where destination is not null;
CREATE VIEW lease as select 1 as only, holder, expires_at_ms, caught_up_at_ms from leases where consumer = 'fold';
CREATE TRIGGER drop_lease instead of update on lease begin
            update leases set expires_at_ms = 0
            where consumer = 'fold' and holder = old.holder and new.expires_at_ms = 0;
        end;
CREATE VIEW checkpoint as select 1 as only, position, erasures, replacements, noted from positions, folded where consumer = 'fold';
CREATE TRIGGER move_checkpoint instead of update on checkpoint begin
            update positions set position = new.position where consumer = 'fold';
            update folded set erasures = new.erasures, replacements = new.replacements, noted = new.noted;
        end;
CREATE INDEX suppressed_by_moment on suppressed (at_ms);
CREATE VIEW put_aside as select campaign, recipient, error from aside;
CREATE INDEX states_by_standing on states (shelf, standing, recipient);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('shelves',2);
INSERT INTO "sqlite_sequence" VALUES('events',51);
INSERT INTO "sqlite_sequence" VALUES('rules_editions',1);
COMMIT;
