using System.Text.Json;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.Scale;

/// <summary>An enrolled fleet: what its agents need to pose as themselves.</summary>
internal sealed record FleetFile(IReadOnlyList<string> Pins, IReadOnlyList<FleetMember> Members)
{
    private const int AtOnce = 16;

    /// <summary>Enrols a fleet the way an operator does it: three calls for each appliance.</summary>
    public static async Task<FleetFile> EnrolAsync(AdminClient admin, HttpClient http, Uri controller, int count, CancellationToken cancellationToken)
    {
        var members = new FleetMember[count];
        IReadOnlyList<string> pins = [];
        var agents = new AgentClient(http, new AgentClientAddresses([controller.ToString()]), credential: null, TimeProvider.System);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, count, parallel, async (i, stop) =>
        {
            var name = $"scale-{Guid.NewGuid():N}";
            var appliance = await admin.CreateApplianceAsync(new Appliance(Id: null, name), stop);
            var seed = await admin.ExportSeedAsync(appliance.Id!.Value, stop);
            var answer = await agents.EnrolAsync(new EnrolRequest(seed.ApplianceId, seed.Token, name, "scale"), stop);
            pins = seed.Pins;
            members[i] = new FleetMember(
                seed.ApplianceId, answer.Value?.Credential ?? throw new InvalidOperationException($"Enrolment was refused: {answer.Message}"));
        });
        return new FleetFile(pins, members);
    }

    public async Task WriteAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await JsonSerializer.SerializeAsync(stream, this, cancellationToken: cancellationToken);
    }

    public static async Task<FleetFile> ReadAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file);
        return (await JsonSerializer.DeserializeAsync<FleetFile>(stream, cancellationToken: cancellationToken))!;
    }
}

/// <param name="Credential">The agent's secret.</param>
internal sealed record FleetMember(Guid ApplianceId, string Credential);
