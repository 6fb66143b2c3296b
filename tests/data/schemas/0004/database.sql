BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'mailpixel','0001_log','2026-11-27 23:21:36.897841+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'mailpixel','0002_projections','2026-11-27 23:21:36.898365+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'mailpixel','0003_registry','2026-11-27 23:21:36.899535+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'mailpixel','0004_passthrough','2026-11-27 23:21:36.900157+00:00');
CREATE TABLE agents (id integer primary key, agent text not null unique);
INSERT INTO "agents" VALUES(1,'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)');
INSERT INTO "agents" VALUES(2,'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36');
INSERT INTO "agents" VALUES(3,'curl/8.5.0');
INSERT INTO "agents" VALUES(4,'Mozilla/5.0');
INSERT INTO "agents" VALUES(5,'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1');
INSERT INTO "agents" VALUES(6,'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0');
INSERT INTO "agents" VALUES(7,'');
CREATE TABLE api_keys (
            name text primary key,
            scope text not null,
            digest blob not null,
            created_at_ms integer not null,
            revoked_at_ms integer,
            revision integer not null
        ) without rowid;
CREATE TABLE campaigns (
            id text primary key,
            name text not null,
            sent_at_ms integer,
            sent integer,
            base_url text,
            stale integer not null,
            revision integer not null
        , passthrough text not null default '') without rowid;
INSERT INTO "campaigns" VALUES('autumn','Autumn',NULL,NULL,NULL,0,2,'');
INSERT INTO "campaigns" VALUES('spring','Spring sale',NULL,40,NULL,0,1,'');
CREATE TABLE checkpoint (
            only integer primary key check (only = 1),
            position integer not null,
            erasures integer not null,
            replacements integer not null
        );
INSERT INTO "checkpoint" VALUES(1,53,0,2);
CREATE TABLE counters (
            shelf integer not null,
            bucket_ms integer not null,
            link integer not null,
            measure text not null,
            number integer not null,
            primary key (shelf, bucket_ms, link, measure)
        ) without rowid;
INSERT INTO "counters" VALUES(3,0,0,'clicks.deduplicated',5);
INSERT INTO "counters" VALUES(3,0,0,'clicks.events',5);
INSERT INTO "counters" VALUES(3,0,0,'clicks.human',5);
INSERT INTO "counters" VALUES(3,0,0,'clicks.on_trackable_opens',5);
INSERT INTO "counters" VALUES(3,0,0,'clicks.unique',5);
INSERT INTO "counters" VALUES(3,0,0,'clicks.unique_human',5);
INSERT INTO "counters" VALUES(3,0,0,'opens.deduplicated',5);
INSERT INTO "counters" VALUES(3,0,0,'opens.events',5);
INSERT INTO "counters" VALUES(3,0,0,'opens.human',5);
INSERT INTO "counters" VALUES(3,0,0,'opens.unique',5);
INSERT INTO "counters" VALUES(3,0,0,'opens.unique_human',5);
INSERT INTO "counters" VALUES(3,0,0,'opens.unique_human_trackable',5);
INSERT INTO "counters" VALUES(3,0,0,'opted_out',1);
INSERT INTO "counters" VALUES(3,0,0,'seen',5);
INSERT INTO "counters" VALUES(3,0,1,'clicks.events',5);
INSERT INTO "counters" VALUES(3,0,1,'clicks.human',5);
INSERT INTO "counters" VALUES(3,0,1,'clicks.unique_human',5);
INSERT INTO "counters" VALUES(3,1795821300000,0,'clicks.events',5);
INSERT INTO "counters" VALUES(3,1795821300000,0,'clicks.first_human',5);
INSERT INTO "counters" VALUES(3,1795821300000,0,'clicks.human',5);
INSERT INTO "counters" VALUES(3,1795821300000,0,'opens.events',5);
INSERT INTO "counters" VALUES(3,1795821300000,0,'opens.first_human',5);
INSERT INTO "counters" VALUES(3,1795821300000,0,'opens.human',5);
INSERT INTO "counters" VALUES(4,0,0,'clicks.deduplicated',18);
INSERT INTO "counters" VALUES(4,0,0,'clicks.events',18);
INSERT INTO "counters" VALUES(4,0,0,'clicks.human',8);
INSERT INTO "counters" VALUES(4,0,0,'clicks.machine',10);
INSERT INTO "counters" VALUES(4,0,0,'clicks.on_trackable_opens',6);
INSERT INTO "counters" VALUES(4,0,0,'clicks.unique',11);
INSERT INTO "counters" VALUES(4,0,0,'clicks.unique_human',8);
INSERT INTO "counters" VALUES(4,0,0,'opens.deduplicated',18);
INSERT INTO "counters" VALUES(4,0,0,'opens.events',18);
INSERT INTO "counters" VALUES(4,0,0,'opens.human',12);
INSERT INTO "counters" VALUES(4,0,0,'opens.inferred_from_clicks',2);
INSERT INTO "counters" VALUES(4,0,0,'opens.machine',3);
INSERT INTO "counters" VALUES(4,0,0,'opens.privacy_prefetch',3);
INSERT INTO "counters" VALUES(4,0,0,'opens.proxied',3);
INSERT INTO "counters" VALUES(4,0,0,'opens.unique',18);
INSERT INTO "counters" VALUES(4,0,0,'opens.unique_human',12);
INSERT INTO "counters" VALUES(4,0,0,'opens.unique_human_trackable',12);
INSERT INTO "counters" VALUES(4,0,0,'opens.unique_privacy_only',3);
INSERT INTO "counters" VALUES(4,0,0,'opens.unique_privacy_prefetch',3);
INSERT INTO "counters" VALUES(4,0,0,'opted_out',1);
INSERT INTO "counters" VALUES(4,0,0,'probes',4);
INSERT INTO "counters" VALUES(4,0,0,'seen',21);
INSERT INTO "counters" VALUES(4,0,1,'clicks.events',13);
INSERT INTO "counters" VALUES(4,0,1,'clicks.human',8);
INSERT INTO "counters" VALUES(4,0,1,'clicks.machine',5);
INSERT INTO "counters" VALUES(4,0,1,'clicks.unique_human',8);
INSERT INTO "counters" VALUES(4,0,2,'clicks.events',5);
INSERT INTO "counters" VALUES(4,0,2,'clicks.machine',5);
INSERT INTO "counters" VALUES(4,1795821300000,0,'clicks.events',18);
INSERT INTO "counters" VALUES(4,1795821300000,0,'clicks.first_human',8);
INSERT INTO "counters" VALUES(4,1795821300000,0,'clicks.human',8);
INSERT INTO "counters" VALUES(4,1795821300000,0,'clicks.machine',10);
INSERT INTO "counters" VALUES(4,1795821300000,0,'opens.events',18);
INSERT INTO "counters" VALUES(4,1795821300000,0,'opens.first_human',12);
INSERT INTO "counters" VALUES(4,1795821300000,0,'opens.human',12);
INSERT INTO "counters" VALUES(4,1795821300000,0,'opens.machine',3);
INSERT INTO "counters" VALUES(4,1795821300000,0,'opens.privacy_prefetch',3);
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
INSERT INTO "events" VALUES(1,X'01A21F5082A16F29F41B000000000001',0,'spring','r-1',NULL,NULL,NULL,'127.0.0.1',1,20224);
INSERT INTO "events" VALUES(2,X'01A21F5082B86F29F41B000000000002',1,'spring','r-1',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(3,X'01A21F5082C16F29F41B000000000003',1,'spring','r-1',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(4,X'01A21F5082C86F29F41B000000000004',1,'spring','r-1',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(5,X'01A21F5082CB6F29F41B000000000005',0,'spring','r-1',NULL,NULL,'HEAD','127.0.0.1',1,20224);
INSERT INTO "events" VALUES(6,X'01A21F5082D06F29F41B000000000006',0,'spring','r-2',NULL,NULL,NULL,'127.0.0.1',4,20224);
INSERT INTO "events" VALUES(7,X'01A21F5082D86F29F41B000000000007',0,'spring','r-3',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(8,X'01A21F5082DB6F29F41B000000000008',0,'spring','r-4',NULL,NULL,NULL,'127.0.0.1',5,20224);
INSERT INTO "events" VALUES(9,X'01A21F5082DE6F29F41B000000000009',1,'spring','r-4',1,NULL,NULL,'127.0.0.1',5,20336);
INSERT INTO "events" VALUES(10,X'01A21F5082E16F29F41B00000000000A',0,'spring','r-5',NULL,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(11,X'01A21F5082E46F29F41B00000000000B',0,'spring','r-6',NULL,NULL,NULL,'127.0.0.1',6,20224);
INSERT INTO "events" VALUES(12,X'01A21F5082EC6F29F41B00000000000C',1,'spring','r-6',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(13,X'01A21F5082EF6F29F41B00000000000D',1,'spring','r-6',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(14,X'01A21F5082F26F29F41B00000000000E',0,'spring','r-7',NULL,NULL,NULL,'127.0.0.1',1,20224);
INSERT INTO "events" VALUES(15,X'01A21F5082F56F29F41B00000000000F',1,'spring','r-7',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(16,X'01A21F5082FC6F29F41B000000000010',0,'spring','r-8',NULL,NULL,NULL,'127.0.0.1',4,20224);
INSERT INTO "events" VALUES(17,X'01A21F5083036F29F41B000000000011',0,'spring','r-8',NULL,NULL,'HEAD','127.0.0.1',4,20224);
INSERT INTO "events" VALUES(18,X'01A21F5083086F29F41B000000000012',0,'spring','r-9',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(19,X'01A21F50830E6F29F41B000000000013',0,'spring','r-10',NULL,NULL,NULL,'127.0.0.1',5,20224);
INSERT INTO "events" VALUES(20,X'01A21F5083186F29F41B000000000014',1,'spring','r-10',1,NULL,NULL,'127.0.0.1',5,20336);
INSERT INTO "events" VALUES(21,X'01A21F5083216F29F41B000000000015',0,'spring','r-11',NULL,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(22,X'01A21F5083296F29F41B000000000016',1,'spring','r-11',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(23,X'01A21F50833A6F29F41B000000000017',1,'spring','r-11',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(24,X'01A21F50833D6F29F41B000000000018',0,'spring','r-12',NULL,NULL,NULL,'127.0.0.1',6,20224);
INSERT INTO "events" VALUES(25,X'01A21F5083446F29F41B000000000019',0,'spring','r-13',NULL,NULL,NULL,'127.0.0.1',1,20224);
INSERT INTO "events" VALUES(26,X'01A21F5083506F29F41B00000000001A',1,'spring','r-13',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(27,X'01A21F5083546F29F41B00000000001B',0,'spring','r-14',NULL,NULL,NULL,'127.0.0.1',4,20224);
INSERT INTO "events" VALUES(28,X'01A21F5083586F29F41B00000000001C',0,'spring','r-15',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(29,X'01A21F50835A6F29F41B00000000001D',0,'spring','r-15',NULL,NULL,'HEAD','127.0.0.1',2,20224);
INSERT INTO "events" VALUES(30,X'01A21F50835E6F29F41B00000000001E',0,'spring','r-16',NULL,NULL,NULL,'127.0.0.1',5,20224);
INSERT INTO "events" VALUES(31,X'01A21F5083616F29F41B00000000001F',1,'spring','r-16',1,NULL,NULL,'127.0.0.1',5,20336);
INSERT INTO "events" VALUES(32,X'01A21F5083646F29F41B000000000020',1,'spring','r-16',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(33,X'01A21F5083676F29F41B000000000021',1,'spring','r-16',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(34,X'01A21F50836A6F29F41B000000000022',0,'spring','r-17',NULL,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(35,X'01A21F50836D6F29F41B000000000023',0,'spring','r-18',NULL,NULL,NULL,'127.0.0.1',6,20224);
INSERT INTO "events" VALUES(36,X'01A21F50836F6F29F41B000000000024',1,'spring','r-19',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(37,X'01A21F5083726F29F41B000000000025',1,'spring','r-21',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(38,X'01A21F5083756F29F41B000000000026',1,'spring','r-21',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(39,X'01A21F50837C6F29F41B000000000027',1,'spring','r-22',1,NULL,NULL,'127.0.0.1',5,20336);
INSERT INTO "events" VALUES(40,X'01A21F50837F6F29F41B000000000028',0,'spring','r-22',NULL,NULL,'HEAD','127.0.0.1',5,20224);
INSERT INTO "events" VALUES(41,X'01A21F5083826F29F41B000000000029',0,'autumn','r-1',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(42,X'01A21F5083856F29F41B00000000002A',1,'autumn','r-1',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(43,X'01A21F5083886F29F41B00000000002B',0,'autumn','r-2',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(44,X'01A21F50838A6F29F41B00000000002C',1,'autumn','r-2',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(45,X'01A21F50838D6F29F41B00000000002D',0,'autumn','r-3',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(46,X'01A21F5083906F29F41B00000000002E',1,'autumn','r-3',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(47,X'01A21F5083926F29F41B00000000002F',0,'autumn','r-4',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(48,X'01A21F5083956F29F41B000000000030',1,'autumn','r-4',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(49,X'01A21F5083986F29F41B000000000031',0,'autumn','r-5',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(50,X'01A21F50839B6F29F41B000000000032',1,'autumn','r-5',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(51,X'01A21F50839E6F29F41B000000000033',1,'autumn','r-8',1,NULL,NULL,'127.0.0.1',2,20338);
INSERT INTO "events" VALUES(52,X'01A21F508594423D80C940FAF00882C3',3,'autumn','r-3',NULL,NULL,'',NULL,7,0);
INSERT INTO "events" VALUES(53,X'01A21F508594AEB78E63D022D68F28B4',3,'spring','r-3',NULL,NULL,'',NULL,7,0);
CREATE TABLE lease (
            only integer primary key check (only = 1),
            holder text not null,
            expires_at_ms integer not null,
            caught_up_at_ms integer not null
        );
INSERT INTO "lease" VALUES(1,'81616d787fa64feb8351ceff7165345a',0,1795821723579);
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
INSERT INTO "links" VALUES('autumn',1,'https://shop.example/coats',0);
INSERT INTO "links" VALUES('spring',1,'https://shop.example/boots',0);
INSERT INTO "links" VALUES('spring',2,'https://shop.example/hats?a=1&b=2',0);
CREATE TABLE optouts (
            recipient text primary key,
            opted_out_at_ms integer not null,
            revision integer not null
        ) without rowid;
INSERT INTO "optouts" VALUES('r-3',1795821700500,3);
CREATE TABLE overflow (
            campaign text not null,
            recipient text not null,
            day integer not null,
            edge blob not null,
            hits integer not null,
            primary key (campaign, recipient, day, edge)
        ) without rowid;
CREATE TABLE registry (only integer primary key check (only = 1), revision integer not null);
INSERT INTO "registry" VALUES(1,3);
CREATE TABLE shelves (
            id integer primary key autoincrement,
            campaign text not null,
            live integer not null
        );
INSERT INTO "shelves" VALUES(3,'autumn',1);
INSERT INTO "shelves" VALUES(4,'spring',1);
CREATE TABLE states (
            shelf integer not null,
            recipient text not null,
            marks blob not null,
            delivered_at_ms integer,
            opted_out integer not null,
            first_human_open_at_ms integer,
            first_human_click_at_ms integer,
            last_event_at_ms integer,
            primary key (shelf, recipient)
        ) without rowid;
INSERT INTO "states" VALUES(3,'r-1',X'64656661756C740A83100A6B0000000083100A6B01040000',NULL,0,1795821699970,1795821699973,1795821699973);
INSERT INTO "states" VALUES(3,'r-2',X'64656661756C740A83100A6B0000000083100A6B01040000',NULL,0,1795821699976,1795821699978,1795821699978);
INSERT INTO "states" VALUES(3,'r-3',X'64656661756C740A83100A6B0000000083100A6B01040000',NULL,1,1795821699981,1795821699984,1795821700500);
INSERT INTO "states" VALUES(3,'r-4',X'64656661756C740A83100A6B0000000083100A6B01040000',NULL,0,1795821699986,1795821699989,1795821699989);
INSERT INTO "states" VALUES(3,'r-5',X'64656661756C740A83100A6B0000000083100A6B01040000',NULL,0,1795821699992,1795821699995,1795821699995);
INSERT INTO "states" VALUES(3,'r-8',X'747261700A83100A6B07060000',NULL,0,NULL,NULL,NULL);
INSERT INTO "states" VALUES(4,'r-1',X'6D61696C5F70726F78792C64656661756C742C6465636C617265642C6D6574686F640A83100A6B1000000083100A6B0104000483100A6B0904000883100A6B0908000883100A6B0801000C',NULL,0,1795821699745,1795821699768,1795821699787);
INSERT INTO "states" VALUES(4,'r-10',X'64656661756C740A83100A6B0000000083100A6B01040000',NULL,0,1795821699854,1795821699864,1795821699864);
INSERT INTO "states" VALUES(4,'r-11',X'6465636C617265640A83100A6B0800000083100A6B0904000083100A6B09080000',NULL,0,NULL,NULL,1795821699898);
INSERT INTO "states" VALUES(4,'r-12',X'64656661756C740A83100A6B00000000',NULL,0,1795821699901,NULL,1795821699901);
INSERT INTO "states" VALUES(4,'r-13',X'6D61696C5F70726F78792C64656661756C740A83100A6B1000000083100A6B01040004',NULL,0,1795821699908,1795821699920,1795821699920);
INSERT INTO "states" VALUES(4,'r-14',X'6170706C655F6D70700A83100A6B32000000',NULL,0,NULL,NULL,1795821699924);
INSERT INTO "states" VALUES(4,'r-15',X'64656661756C742C6D6574686F640A83100A6B0000000083100A6B08010004',NULL,0,1795821699928,NULL,1795821699930);
INSERT INTO "states" VALUES(4,'r-16',X'64656661756C742C6465636C617265640A83100A6B0000000083100A6B0104000083100A6B0904000483100A6B09080004',NULL,0,1795821699934,1795821699937,1795821699943);
INSERT INTO "states" VALUES(4,'r-17',X'6465636C617265640A83100A6B08000000',NULL,0,NULL,NULL,1795821699946);
INSERT INTO "states" VALUES(4,'r-18',X'64656661756C740A83100A6B00000000',NULL,0,1795821699949,NULL,1795821699949);
INSERT INTO "states" VALUES(4,'r-19',X'64656661756C740A83100A6B01040000',NULL,0,NULL,1795821699951,1795821699951);
INSERT INTO "states" VALUES(4,'r-2',X'6170706C655F6D70700A83100A6B32000000',NULL,0,NULL,NULL,1795821699792);
INSERT INTO "states" VALUES(4,'r-21',X'6465636C617265640A83100A6B0904000083100A6B09080000',NULL,0,NULL,NULL,1795821699957);
INSERT INTO "states" VALUES(4,'r-22',X'64656661756C742C6D6574686F640A83100A6B0104000083100A6B08010004',NULL,0,NULL,1795821699964,1795821699967);
INSERT INTO "states" VALUES(4,'r-3',X'64656661756C740A83100A6B00000000',NULL,1,1795821699800,NULL,1795821700500);
INSERT INTO "states" VALUES(4,'r-4',X'64656661756C740A83100A6B0000000083100A6B01040000',NULL,0,1795821699803,1795821699806,1795821699806);
INSERT INTO "states" VALUES(4,'r-5',X'6465636C617265640A83100A6B08000000',NULL,0,NULL,NULL,1795821699809);
INSERT INTO "states" VALUES(4,'r-6',X'64656661756C742C6465636C617265640A83100A6B0000000083100A6B0904000483100A6B09080004',NULL,0,1795821699812,NULL,1795821699823);
INSERT INTO "states" VALUES(4,'r-7',X'6D61696C5F70726F78792C64656661756C740A83100A6B1000000083100A6B01040004',NULL,0,1795821699826,1795821699829,1795821699829);
INSERT INTO "states" VALUES(4,'r-8',X'6170706C655F6D70702C6D6574686F640A83100A6B3200000083100A6B08010004',NULL,0,NULL,NULL,1795821699843);
INSERT INTO "states" VALUES(4,'r-9',X'64656661756C740A83100A6B00000000',NULL,0,1795821699848,NULL,1795821699848);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX events_of_message on events (campaign, recipient);
CREATE UNIQUE INDEX live_shelf on shelves (campaign) where live = 1;
CREATE INDEX campaigns_by_revision on campaigns (revision);
CREATE INDEX stale_campaigns on campaigns (id) where stale = 1;
CREATE INDEX revisions_of_campaign on link_revisions (campaign);
CREATE INDEX api_keys_by_revision on api_keys (revision);
CREATE INDEX optouts_by_revision on optouts (revision);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',53);
INSERT INTO "sqlite_sequence" VALUES('shelves',4);
COMMIT;
