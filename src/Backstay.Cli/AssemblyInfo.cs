// The folders (and so the namespaces) of the commands are called like the nouns of the command line, which are those of the wire.
global using ApplianceRecord = Backstay.Protocol.Admin.Appliance;
global using BackupRecord = Backstay.Protocol.Admin.Backup;
global using DrillRecord = Backstay.Protocol.Admin.Drill;

// File modes are Unix's.
[assembly: System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
