using System.Text.Json;
using System.Text.Json.Serialization;
using Backstay.Cli.Commands;
using Backstay.Cli.Commands.Archive;
using Backstay.Cli.Commands.Backup;
using Backstay.Cli.Commands.Keys;
using Backstay.Cli.Commands.Restore;
using Backstay.Cli.Downloads;

namespace Backstay.Cli.Output;

/// <summary>Results that are not records of the admin API, written the same way.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SignedIn))]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(DownloadedArchive))]
[JsonSerializable(typeof(CreatedArchive))]
[JsonSerializable(typeof(ListedEntry))]
[JsonSerializable(typeof(VerifiedArchive))]
[JsonSerializable(typeof(ExtractedArchive))]
[JsonSerializable(typeof(ComparedEntry))]
[JsonSerializable(typeof(PlannedChange))]
[JsonSerializable(typeof(RestoredBackup))]
[JsonSerializable(typeof(RecoverySheet))]
internal sealed partial class CliJson : JsonSerializerContext;
