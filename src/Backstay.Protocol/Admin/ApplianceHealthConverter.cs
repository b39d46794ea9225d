using System.Text.Json;
using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>The words of ADMIN-API's status: <c>n/a</c> is no name that C# could spell.</summary>
public sealed class ApplianceHealthConverter : JsonConverter<ApplianceHealth>
{
    public override ApplianceHealth Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() switch
        {
            "n/a" => ApplianceHealth.NotAvailable,
            "offline" => ApplianceHealth.Offline,
            "healthy" => ApplianceHealth.Healthy,
            "warning" => ApplianceHealth.Warning,
            "error" => ApplianceHealth.Error,
            "busy" => ApplianceHealth.Busy,
            var other => throw new JsonException($"'{other}' is not an appliance status."),
        };

    public override void Write(Utf8JsonWriter writer, ApplianceHealth value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value switch
        {
            ApplianceHealth.NotAvailable => "n/a",
            ApplianceHealth.Offline => "offline",
            ApplianceHealth.Healthy => "healthy",
            ApplianceHealth.Warning => "warning",
            ApplianceHealth.Error => "error",
            ApplianceHealth.Busy => "busy",
            _ => throw new JsonException($"{value} is not an appliance status."),
        });
}
