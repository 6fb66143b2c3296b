BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'mailpixel','0001_log','2026-11-27 23:22:06.513472+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'mailpixel','0002_projections','2026-11-27 23:22:06.514172+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'mailpixel','0003_registry','2026-11-27 23:22:06.516424+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'mailpixel','0004_passthrough','2026-11-27 23:22:06.517060+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'mailpixel','0005_archive','2026-11-27 23:22:06.518126+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'mailpixel','0006_signing_keys','2026-11-27 23:22:06.518489+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'mailpixel','0007_left_shelves','2026-11-27 23:22:06.519563+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'mailpixel','0008_put_aside','2026-11-27 23:22:06.519925+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'mailpixel','0009_campaigns_of_person','2026-11-27 23:22:06.520283+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'mailpixel','0010_seen_urls','2026-11-27 23:22:06.521031+00:00');
INSERT INTO "_sqlite_migrations" VALUES(11,'mailpixel','0011_relinked','2026-11-27 23:22:06.521749+00:00');
INSERT INTO "_sqlite_migrations" VALUES(12,'mailpixel','0012_noted','2026-11-27 23:22:06.522406+00:00');
INSERT INTO "_sqlite_migrations" VALUES(13,'mailpixel','0013_editions','2026-11-27 23:22:06.522789+00:00');
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
        , passthrough text not null default '', archived integer not null default 0, signed integer not null default 0, met_links integer not null default 0, relinked integer not null default 0) without rowid;
INSERT INTO "campaigns" VALUES('autumn','Autumn',NULL,NULL,NULL,0,2,'',0,1,0,0);
INSERT INTO "campaigns" VALUES('spring','Spring sale',NULL,40,NULL,0,4,'',0,1,0,0);
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
CREATE TABLE checkpoint (
            only integer primary key check (only = 1),
            position integer not null,
            erasures integer not null,
            replacements integer not null
        , noted integer not null default 0);
INSERT INTO "checkpoint" VALUES(1,52,0,0,52);
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
INSERT INTO "counters" VALUES(1,0,0,'opens.deduplicated',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.events',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.human',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.unique',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.unique_human',5);
INSERT INTO "counters" VALUES(1,0,0,'opens.unique_human_trackable',5);
INSERT INTO "counters" VALUES(1,0,0,'opted_out',1);
INSERT INTO "counters" VALUES(1,0,0,'seen',5);
INSERT INTO "counters" VALUES(1,0,1,'clicks.events',5);
INSERT INTO "counters" VALUES(1,0,1,'clicks.human',5);
INSERT INTO "counters" VALUES(1,0,1,'clicks.unique_human',5);
INSERT INTO "counters" VALUES(1,1795821300000,0,'clicks.events',5);
INSERT INTO "counters" VALUES(1,1795821300000,0,'clicks.first_human',5);
INSERT INTO "counters" VALUES(1,1795821300000,0,'clicks.human',5);
INSERT INTO "counters" VALUES(1,1795821300000,0,'opens.events',5);
INSERT INTO "counters" VALUES(1,1795821300000,0,'opens.first_human',5);
INSERT INTO "counters" VALUES(1,1795821300000,0,'opens.human',5);
INSERT INTO "counters" VALUES(2,0,0,'clicks.deduplicated',18);
INSERT INTO "counters" VALUES(2,0,0,'clicks.events',18);
INSERT INTO "counters" VALUES(2,0,0,'clicks.human',8);
INSERT INTO "counters" VALUES(2,0,0,'clicks.machine',10);
INSERT INTO "counters" VALUES(2,0,0,'clicks.on_trackable_opens',6);
INSERT INTO "counters" VALUES(2,0,0,'clicks.unique',11);
INSERT INTO "counters" VALUES(2,0,0,'clicks.unique_human',8);
INSERT INTO "counters" VALUES(2,0,0,'opens.deduplicated',18);
INSERT INTO "counters" VALUES(2,0,0,'opens.events',18);
INSERT INTO "counters" VALUES(2,0,0,'opens.human',12);
INSERT INTO "counters" VALUES(2,0,0,'opens.inferred_from_clicks',2);
INSERT INTO "counters" VALUES(2,0,0,'opens.machine',3);
INSERT INTO "counters" VALUES(2,0,0,'opens.privacy_prefetch',3);
INSERT INTO "counters" VALUES(2,0,0,'opens.proxied',3);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique',18);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique_human',12);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique_human_trackable',12);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique_privacy_only',3);
INSERT INTO "counters" VALUES(2,0,0,'opens.unique_privacy_prefetch',3);
INSERT INTO "counters" VALUES(2,0,0,'opted_out',1);
INSERT INTO "counters" VALUES(2,0,0,'probes',4);
INSERT INTO "counters" VALUES(2,0,0,'seen',21);
INSERT INTO "counters" VALUES(2,0,1,'clicks.events',13);
INSERT INTO "counters" VALUES(2,0,1,'clicks.human',8);
INSERT INTO "counters" VALUES(2,0,1,'clicks.machine',5);
INSERT INTO "counters" VALUES(2,0,1,'clicks.unique_human',8);
INSERT INTO "counters" VALUES(2,0,2,'clicks.events',5);
INSERT INTO "counters" VALUES(2,0,2,'clicks.machine',5);
INSERT INTO "counters" VALUES(2,1795821300000,0,'clicks.events',18);
INSERT INTO "counters" VALUES(2,1795821300000,0,'clicks.first_human',8);
INSERT INTO "counters" VALUES(2,1795821300000,0,'clicks.human',8);
INSERT INTO "counters" VALUES(2,1795821300000,0,'clicks.machine',10);
INSERT INTO "counters" VALUES(2,1795821300000,0,'opens.events',18);
INSERT INTO "counters" VALUES(2,1795821300000,0,'opens.first_human',12);
INSERT INTO "counters" VALUES(2,1795821300000,0,'opens.human',12);
INSERT INTO "counters" VALUES(2,1795821300000,0,'opens.machine',3);
INSERT INTO "counters" VALUES(2,1795821300000,0,'opens.privacy_prefetch',3);
CREATE TABLE deleted_campaigns (
            id text primary key,
            revision integer not null
        ) without rowid;
CREATE TABLE editions (campaign text primary key, edition text not null) without rowid;
INSERT INTO "editions" VALUES('autumn','4-68da29d7ff');
INSERT INTO "editions" VALUES('spring','4-68da29d7ff');
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
INSERT INTO "events" VALUES(1,X'01A21F5101D441300B1E000000000001',0,'spring','r-1',NULL,NULL,NULL,'127.0.0.1',1,20224);
INSERT INTO "events" VALUES(2,X'01A21F5101DF41300B1E000000000002',1,'spring','r-1',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(3,X'01A21F5101E541300B1E000000000003',1,'spring','r-1',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(4,X'01A21F5101EB41300B1E000000000004',1,'spring','r-1',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(5,X'01A21F5101F341300B1E000000000005',0,'spring','r-1',NULL,NULL,'HEAD','127.0.0.1',1,20224);
INSERT INTO "events" VALUES(6,X'01A21F5101F641300B1E000000000006',0,'spring','r-2',NULL,NULL,NULL,'127.0.0.1',4,20224);
INSERT INTO "events" VALUES(7,X'01A21F5101FA41300B1E000000000007',0,'spring','r-3',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(8,X'01A21F5101FF41300B1E000000000008',0,'spring','r-4',NULL,NULL,NULL,'127.0.0.1',5,20224);
INSERT INTO "events" VALUES(9,X'01A21F51020341300B1E000000000009',1,'spring','r-4',1,NULL,NULL,'127.0.0.1',5,20336);
INSERT INTO "events" VALUES(10,X'01A21F51020C41300B1E00000000000A',0,'spring','r-5',NULL,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(11,X'01A21F51021241300B1E00000000000B',0,'spring','r-6',NULL,NULL,NULL,'127.0.0.1',6,20224);
INSERT INTO "events" VALUES(12,X'01A21F51021541300B1E00000000000C',1,'spring','r-6',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(13,X'01A21F51021B41300B1E00000000000D',1,'spring','r-6',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(14,X'01A21F51022041300B1E00000000000E',0,'spring','r-7',NULL,NULL,NULL,'127.0.0.1',1,20224);
INSERT INTO "events" VALUES(15,X'01A21F51022441300B1E00000000000F',1,'spring','r-7',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(16,X'01A21F51022E41300B1E000000000010',0,'spring','r-8',NULL,NULL,NULL,'127.0.0.1',4,20224);
INSERT INTO "events" VALUES(17,X'01A21F51023941300B1E000000000011',0,'spring','r-8',NULL,NULL,'HEAD','127.0.0.1',4,20224);
INSERT INTO "events" VALUES(18,X'01A21F51024341300B1E000000000012',0,'spring','r-9',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(19,X'01A21F51024B41300B1E000000000013',0,'spring','r-10',NULL,NULL,NULL,'127.0.0.1',5,20224);
INSERT INTO "events" VALUES(20,X'01A21F51025541300B1E000000000014',1,'spring','r-10',1,NULL,NULL,'127.0.0.1',5,20336);
INSERT INTO "events" VALUES(21,X'01A21F51025C41300B1E000000000015',0,'spring','r-11',NULL,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(22,X'01A21F51026141300B1E000000000016',1,'spring','r-11',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(23,X'01A21F51026841300B1E000000000017',1,'spring','r-11',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(24,X'01A21F51027441300B1E000000000018',0,'spring','r-12',NULL,NULL,NULL,'127.0.0.1',6,20224);
INSERT INTO "events" VALUES(25,X'01A21F51028341300B1E000000000019',0,'spring','r-13',NULL,NULL,NULL,'127.0.0.1',1,20224);
INSERT INTO "events" VALUES(26,X'01A21F51028C41300B1E00000000001A',1,'spring','r-13',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(27,X'01A21F51029741300B1E00000000001B',0,'spring','r-14',NULL,NULL,NULL,'127.0.0.1',4,20224);
INSERT INTO "events" VALUES(28,X'01A21F51029B41300B1E00000000001C',0,'spring','r-15',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(29,X'01A21F5102A341300B1E00000000001D',0,'spring','r-15',NULL,NULL,'HEAD','127.0.0.1',2,20224);
INSERT INTO "events" VALUES(30,X'01A21F5102A741300B1E00000000001E',0,'spring','r-16',NULL,NULL,NULL,'127.0.0.1',5,20224);
INSERT INTO "events" VALUES(31,X'01A21F5102AA41300B1E00000000001F',1,'spring','r-16',1,NULL,NULL,'127.0.0.1',5,20336);
INSERT INTO "events" VALUES(32,X'01A21F5102B341300B1E000000000020',1,'spring','r-16',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(33,X'01A21F5102B741300B1E000000000021',1,'spring','r-16',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(34,X'01A21F5102BF41300B1E000000000022',0,'spring','r-17',NULL,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(35,X'01A21F5102C241300B1E000000000023',0,'spring','r-18',NULL,NULL,NULL,'127.0.0.1',6,20224);
INSERT INTO "events" VALUES(36,X'01A21F5102C741300B1E000000000024',1,'spring','r-19',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(37,X'01A21F5102CB41300B1E000000000025',1,'spring','r-21',1,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(38,X'01A21F5102CE41300B1E000000000026',1,'spring','r-21',2,NULL,NULL,'127.0.0.1',3,20224);
INSERT INTO "events" VALUES(39,X'01A21F5102D441300B1E000000000027',1,'spring','r-22',1,NULL,NULL,'127.0.0.1',5,20336);
INSERT INTO "events" VALUES(40,X'01A21F5102DB41300B1E000000000028',0,'spring','r-22',NULL,NULL,'HEAD','127.0.0.1',5,20224);
INSERT INTO "events" VALUES(41,X'01A21F5102E041300B1E000000000029',0,'autumn','r-1',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(42,X'01A21F5102EA41300B1E00000000002A',1,'autumn','r-1',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(43,X'01A21F5102ED41300B1E00000000002B',0,'autumn','r-2',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(44,X'01A21F5102F041300B1E00000000002C',1,'autumn','r-2',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(45,X'01A21F5102F741300B1E00000000002D',0,'autumn','r-3',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(46,X'01A21F5102FA41300B1E00000000002E',1,'autumn','r-3',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(47,X'01A21F51030141300B1E00000000002F',0,'autumn','r-4',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(48,X'01A21F51030441300B1E000000000030',1,'autumn','r-4',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(49,X'01A21F51030841300B1E000000000031',0,'autumn','r-5',NULL,NULL,NULL,'127.0.0.1',2,20224);
INSERT INTO "events" VALUES(50,X'01A21F51030F41300B1E000000000032',1,'autumn','r-5',1,NULL,NULL,'127.0.0.1',2,20336);
INSERT INTO "events" VALUES(51,X'01A21F51056F423D80C940FAF00882C3',3,'autumn','r-3',NULL,NULL,'',NULL,7,0);
INSERT INTO "events" VALUES(52,X'01A21F51056FAEB78E63D022D68F28B4',3,'spring','r-3',NULL,NULL,'',NULL,7,0);
CREATE TABLE lease (
            only integer primary key check (only = 1),
            holder text not null,
            expires_at_ms integer not null,
            caught_up_at_ms integer not null
        );
INSERT INTO "lease" VALUES(1,'319162732fa84584b0e085cab636d292',0,1795821752925);
CREATE TABLE link_revisions (
            id integer primary key autoincrement,
            campaign text not null references campaigns (id),
            number integer not null,
            url text not null,
            replaced_at_ms integer not null,
            replaced_by text not null
        );
INSERT INTO "link_revisions" VALUES(1,'spring',2,'https://shop.example/hats?a=1&b=2',1795821733886,'cli');
CREATE TABLE links (
            campaign text not null references campaigns (id),
            number integer not null,
            url text not null,
            trap integer not null,
            primary key (campaign, number)
        ) without rowid;
INSERT INTO "links" VALUES('autumn',1,'https://shop.example/coats',0);
INSERT INTO "links" VALUES('spring',1,'https://shop.example/boots',0);
INSERT INTO "links" VALUES('spring',2,'https://shop.example/new-hats',0);
CREATE TABLE optouts (
            recipient text primary key,
            opted_out_at_ms integer not null,
            revision integer not null
        ) without rowid;
INSERT INTO "optouts" VALUES('r-3',1795821733231,3);
CREATE TABLE overflow (
            campaign text not null,
            recipient text not null,
            day integer not null,
            edge blob not null,
            hits integer not null,
            primary key (campaign, recipient, day, edge)
        ) without rowid;
CREATE TABLE put_aside (
            campaign text not null,
            recipient text not null,
            error text not null,
            primary key (campaign, recipient)
        ) without rowid;
CREATE TABLE registry (only integer primary key check (only = 1), revision integer not null);
INSERT INTO "registry" VALUES(1,4);
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
INSERT INTO "signing_keys" VALUES(1,X'4136F4462C84F0B6',0);
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
INSERT INTO "states" VALUES(1,'r-1',X'64656661756C740AA4100A6B00000000A4100A6B01040000',NULL,0,1795821732576,1795821732586,1795821732586);
INSERT INTO "states" VALUES(1,'r-2',X'64656661756C740AA4100A6B00000000A4100A6B01040000',NULL,0,1795821732589,1795821732592,1795821732592);
INSERT INTO "states" VALUES(1,'r-3',X'64656661756C740AA4100A6B00000000A4100A6B01040000',NULL,1,1795821732599,1795821732602,1795821733231);
INSERT INTO "states" VALUES(1,'r-4',X'64656661756C740AA4100A6B00000000A4100A6B01040000',NULL,0,1795821732609,1795821732612,1795821732612);
INSERT INTO "states" VALUES(1,'r-5',X'64656661756C740AA4100A6B00000000A4100A6B01040000',NULL,0,1795821732616,1795821732623,1795821732623);
INSERT INTO "states" VALUES(2,'r-1',X'6D61696C5F70726F78792C64656661756C742C6465636C617265642C6D6574686F640AA4100A6B10000000A4100A6B01040004A4100A6B09040008A4100A6B09080008A4100A6B0801000C',NULL,0,1795821732308,1795821732319,1795821732339);
INSERT INTO "states" VALUES(2,'r-10',X'64656661756C740AA4100A6B00000000A4100A6B01040000',NULL,0,1795821732427,1795821732437,1795821732437);
INSERT INTO "states" VALUES(2,'r-11',X'6465636C617265640AA4100A6B08000000A4100A6B09040000A4100A6B09080000',NULL,0,NULL,NULL,1795821732456);
INSERT INTO "states" VALUES(2,'r-12',X'64656661756C740AA4100A6B00000000',NULL,0,1795821732468,NULL,1795821732468);
INSERT INTO "states" VALUES(2,'r-13',X'6D61696C5F70726F78792C64656661756C740AA4100A6B10000000A4100A6B01040004',NULL,0,1795821732483,1795821732492,1795821732492);
INSERT INTO "states" VALUES(2,'r-14',X'6170706C655F6D70700AA4100A6B32000000',NULL,0,NULL,NULL,1795821732503);
INSERT INTO "states" VALUES(2,'r-15',X'64656661756C742C6D6574686F640AA4100A6B00000000A4100A6B08010004',NULL,0,1795821732507,NULL,1795821732515);
INSERT INTO "states" VALUES(2,'r-16',X'64656661756C742C6465636C617265640AA4100A6B00000000A4100A6B01040000A4100A6B09040004A4100A6B09080004',NULL,0,1795821732519,1795821732522,1795821732535);
INSERT INTO "states" VALUES(2,'r-17',X'6465636C617265640AA4100A6B08000000',NULL,0,NULL,NULL,1795821732543);
INSERT INTO "states" VALUES(2,'r-18',X'64656661756C740AA4100A6B00000000',NULL,0,1795821732546,NULL,1795821732546);
INSERT INTO "states" VALUES(2,'r-19',X'64656661756C740AA4100A6B01040000',NULL,0,NULL,1795821732551,1795821732551);
INSERT INTO "states" VALUES(2,'r-2',X'6170706C655F6D70700AA4100A6B32000000',NULL,0,NULL,NULL,1795821732342);
INSERT INTO "states" VALUES(2,'r-21',X'6465636C617265640AA4100A6B09040000A4100A6B09080000',NULL,0,NULL,NULL,1795821732558);
INSERT INTO "states" VALUES(2,'r-22',X'64656661756C742C6D6574686F640AA4100A6B01040000A4100A6B08010004',NULL,0,NULL,1795821732564,1795821732571);
INSERT INTO "states" VALUES(2,'r-3',X'64656661756C740AA4100A6B00000000',NULL,1,1795821732346,NULL,1795821733231);
INSERT INTO "states" VALUES(2,'r-4',X'64656661756C740AA4100A6B00000000A4100A6B01040000',NULL,0,1795821732351,1795821732355,1795821732355);
INSERT INTO "states" VALUES(2,'r-5',X'6465636C617265640AA4100A6B08000000',NULL,0,NULL,NULL,1795821732364);
INSERT INTO "states" VALUES(2,'r-6',X'64656661756C742C6465636C617265640AA4100A6B00000000A4100A6B09040004A4100A6B09080004',NULL,0,1795821732370,NULL,1795821732379);
INSERT INTO "states" VALUES(2,'r-7',X'6D61696C5F70726F78792C64656661756C740AA4100A6B10000000A4100A6B01040004',NULL,0,1795821732384,1795821732388,1795821732388);
INSERT INTO "states" VALUES(2,'r-8',X'6170706C655F6D70702C6D6574686F640AA4100A6B32000000A4100A6B08010004',NULL,0,NULL,NULL,1795821732409);
INSERT INTO "states" VALUES(2,'r-9',X'64656661756C740AA4100A6B00000000',NULL,0,1795821732419,NULL,1795821732419);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('shelves',2);
INSERT INTO "sqlite_sequence" VALUES('events',52);
INSERT INTO "sqlite_sequence" VALUES('link_revisions',1);
COMMIT;
