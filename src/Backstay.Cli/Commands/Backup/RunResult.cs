using System.Text.Json.Serialization;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary>What <c>backup run --output json</c> prints for each appliance.</summary>
/// <param name="Appliance">Its name.</param>
internal sealed record RunResult(string Appliance, Guid ApplianceId)
{
    /// <summary>Null when the controller refused to start.</summary>
    public Guid? BackupId { get; init; }

    /// <summary>As the controller last told it.</summary>
    public BackupRecord? Backup { get; init; }

    /// <summary>Why it was refused, failed, or could not be downloaded.</summary>
    public ApiError? Error { get; init; }

    /// <summary>Where the archive was downloaded to.</summary>
    public string? File { get; init; }

    [JsonIgnore]
    public ExitCode ExitCode { get; init; }

    public RunResult With(Failure failure) => this with { Error = failure.Error, ExitCode = failure.ExitCode };
}
