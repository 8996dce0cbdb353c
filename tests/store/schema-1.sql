PRAGMA application_id = 1095978053;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE activity (
        arn NOT NULL PRIMARY KEY, account NOT NULL, region NOT NULL, name NOT NULL, rest TEXT) WITHOUT ROWID;
CREATE TABLE alias (
        machine INTEGER NOT NULL, name NOT NULL, arn NOT NULL, rest TEXT, PRIMARY KEY (machine, name)) WITHOUT ROWID;
INSERT INTO "alias" VALUES(1,'a','arn:aws:states:us-east-1:123456789012:stateMachine:m:a','{"routes":[{"stateMachineVersionArn":"arn:aws:states:us-east-1:123456789012:stateMachine:m:1"}],"description":null,"created_at":1.0}');
CREATE TABLE definition (id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, body NOT NULL);
INSERT INTO "definition" VALUES(1,X'44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A','{}');
CREATE TABLE event (
        execution INTEGER NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, op NOT NULL, body,
        sum INTEGER NOT NULL, PRIMARY KEY (execution, seq)) WITHOUT ROWID;
INSERT INTO "event" VALUES(1,1,1.0,'ExecutionStarted','','{}',1);
CREATE TABLE execution (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn NOT NULL UNIQUE, machine_id INTEGER NOT NULL,
        machine INTEGER NOT NULL, name, revision INTEGER NOT NULL, input NOT NULL, started_at REAL NOT NULL,
        version INTEGER, alias INTEGER, map_run INTEGER, status TEXT NOT NULL, stopped_at REAL, due_at REAL, output,
        redrive_count INTEGER NOT NULL, rest TEXT);
INSERT INTO "execution" VALUES(1,'1:e',1,2,NULL,1,'{}',1.0,NULL,NULL,NULL,'RUNNING',NULL,9.0,NULL,0,'{"trace_header":"t"}');
INSERT INTO "execution" VALUES(2,'1:ended',1,2,NULL,1,'{}',1.0,NULL,NULL,NULL,'SUCCEEDED',3.0,NULL,'{"ok":true}',0,NULL);
CREATE TABLE history (execution INTEGER PRIMARY KEY, body BLOB NOT NULL);
INSERT INTO "history" VALUES(2,X'01783F9B241D3043720DB0C853284A4DCE2F02260BE4D08CAD0500F0180C7F');
CREATE TABLE log_position (execution INTEGER PRIMARY KEY, seen INTEGER NOT NULL);
INSERT INTO "log_position" VALUES(1,5);
CREATE TABLE machine (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn NOT NULL UNIQUE, account NOT NULL, region NOT NULL, name NOT NULL,
        revision INTEGER NOT NULL, last_version INTEGER NOT NULL, rest TEXT);
INSERT INTO "machine" VALUES(1,'arn:aws:states:us-east-1:123456789012:stateMachine:m','123456789012','us-east-1','m',1,1,'{"created_at":1.0,"first_description":"first"}');
CREATE TABLE map_run (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn NOT NULL UNIQUE, execution INTEGER NOT NULL, stopped_at REAL,
        rest TEXT);
INSERT INTO "map_run" VALUES(1,'3:run',4,NULL,'{"root_arn":"arn:aws:states:us-east-1:123456789012:execution:m:e","machine_arn":"m","op":"/M#1.0","started_at":1.0}');
CREATE TABLE payload (sha256 BLOB PRIMARY KEY, body NOT NULL);
CREATE TABLE payload_use (
        execution INTEGER NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (execution, sha256)) WITHOUT ROWID;
CREATE TABLE redrive (
        execution INTEGER NOT NULL, token NOT NULL, at REAL NOT NULL, PRIMARY KEY (execution, token)) WITHOUT ROWID;
CREATE TABLE revision (
        id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, definition INTEGER NOT NULL, rest TEXT NOT NULL);
INSERT INTO "revision" VALUES(1,X'3A5D26DB70CF8B8A589C7C339AD7223885E2FED24D79C8096BA2BCC09AED5024',1,'{"id":null,"type":"STANDARD","role_arn":"role","logging":{"level":"OFF"},"tracing":{"enabled":false},"encryption":null,"updated_at":1.0}');
CREATE TABLE sweep (
        execution INTEGER PRIMARY KEY, at REAL NOT NULL, is_whole INTEGER NOT NULL);
CREATE TABLE tag (arn NOT NULL PRIMARY KEY, tags TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "tag" VALUES('arn:aws:states:us-east-1:123456789012:stateMachine:m','{"team":"x"}');
CREATE TABLE text (id INTEGER PRIMARY KEY, text NOT NULL UNIQUE);
INSERT INTO "text" VALUES(1,'arn:aws:states:us-east-1:123456789012:execution:m');
INSERT INTO "text" VALUES(2,'arn:aws:states:us-east-1:123456789012:stateMachine:m');
INSERT INTO "text" VALUES(3,'a');
INSERT INTO "text" VALUES(4,'arn:aws:states:us-east-1:123456789012:execution:m:e');
INSERT INTO "text" VALUES(5,'resource');
CREATE TABLE token (
        id INTEGER PRIMARY KEY AUTOINCREMENT, execution INTEGER, is_queued INTEGER NOT NULL, token NOT NULL UNIQUE,
        arn NOT NULL, root, op NOT NULL, resource INTEGER NOT NULL, input, activity INTEGER, ended_at REAL,
        rest TEXT);
INSERT INTO "token" VALUES(1,1,0,X'68ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB','1:e',NULL,'/A#1.0',5,'{"n":1}',NULL,NULL,NULL);
CREATE TABLE version (
        machine INTEGER NOT NULL, number INTEGER NOT NULL, arn NOT NULL, revision INTEGER NOT NULL, rest TEXT,
        PRIMARY KEY (machine, number)) WITHOUT ROWID;
INSERT INTO "version" VALUES(1,1,'arn:aws:states:us-east-1:123456789012:stateMachine:m:1',1,'{"description":"first","created_at":2.0}');
CREATE INDEX payload_users ON payload_use (sha256);
CREATE INDEX machine_names ON machine (account, region, name);
CREATE INDEX activity_names ON activity (account, region, name);
CREATE INDEX execution_of_machine ON execution (machine_id) WHERE map_run IS NULL;
CREATE INDEX execution_of_status ON execution (machine_id, status) WHERE map_run IS NULL;
CREATE INDEX execution_of_version ON execution (version) WHERE version IS NOT NULL;
CREATE INDEX execution_of_alias ON execution (alias) WHERE alias IS NOT NULL;
CREATE INDEX child ON execution (map_run) WHERE map_run IS NOT NULL;
CREATE INDEX child_of_status ON execution (map_run, status) WHERE map_run IS NOT NULL;
CREATE INDEX execution_to_resume ON execution (id)
        WHERE status = 'RUNNING' AND map_run IS NULL AND due_at IS NULL;
CREATE INDEX execution_of_revision ON execution (revision);
CREATE INDEX execution_due ON execution (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX execution_stopped ON execution (stopped_at) WHERE stopped_at IS NOT NULL;
CREATE INDEX map_run_of_execution ON map_run (execution);
CREATE INDEX map_run_stopped ON map_run (stopped_at) WHERE stopped_at IS NOT NULL;
CREATE INDEX token_of_execution ON token (execution) WHERE execution IS NOT NULL;
CREATE INDEX token_in_queue ON token (activity) WHERE is_queued;
CREATE INDEX sweep_in_order ON sweep (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('machine',1);
INSERT INTO "sqlite_sequence" VALUES('execution',2);
INSERT INTO "sqlite_sequence" VALUES('map_run',1);
INSERT INTO "sqlite_sequence" VALUES('token',1);
COMMIT;
