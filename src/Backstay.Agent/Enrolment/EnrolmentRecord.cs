using System.Text.Json;
using System.Text.Json.Serialization;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Enrolment;

/// <summary>What an enrolled appliance keeps: who it is, where its controllers are, how to know them, and its credential.</summary>
/// <param name="Format">1.</param>
/// <param name="Credential">A secret: whoever has it can add backups of this appliance.</param>
internal sealed record EnrolmentRecord(
    int Format,
    Guid ApplianceId,
    string ApplianceName,
    IReadOnlyList<string> Controllers,
    IReadOnlyList<string> Pins,
    string Credential)
{
    public const int CurrentFormat = 1;

    public override string ToString() => $"enrolment of {ApplianceName} ({ApplianceId})";
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(EnrolmentRecord))]
[JsonSerializable(typeof(Seed))]
internal sealed partial class EnrolmentJson : JsonSerializerContext;
