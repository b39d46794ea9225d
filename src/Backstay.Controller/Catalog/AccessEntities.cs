using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>A user of the local provider.</summary>
internal sealed class LocalUserEntity : IScoped
{
    public required Guid Id { get; init; }

    /// <summary>Unique, letter case ignored.</summary>
    public required string Name { get; set; }

    public string? FirstName { get; set; }

    public string? LastName { get; set; }

    public string? Email { get; set; }

    public required string PasswordHash { get; set; }

    public List<Guid> Roles { get; set; } = [];

    public bool Disabled { get; set; }

    public string? Notes { get; set; }

    public List<string> Tags { get; set; } = [];

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; set; }
}

/// <summary>A named list of privileges.</summary>
internal sealed class AdministrativeRoleEntity : IScoped
{
    public required Guid Id { get; init; }

    public required string Name { get; set; }

    public string? Notes { get; set; }

    public List<string> Tags { get; set; } = [];

    /// <summary>Kept as JSON.</summary>
    public List<Privilege> Privileges { get; set; } = [];

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; set; }
}

/// <summary>A token, by its hash: who reads the catalog can't sign in with it.</summary>
internal sealed class TokenEntity
{
    /// <summary>SHA-256 of the token.</summary>
    public required byte[] Hash { get; init; }

    public required Guid UserId { get; init; }

    /// <summary>All tokens of one sign-in are revoked together.</summary>
    public required Guid SignIn { get; init; }

    /// <summary>False for the token of <c>/authentication</c>: good for <c>/authorization</c> only.</summary>
    public required bool Full { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Expires { get; init; }
}

/// <summary>One line of the append-only audit log; triggers refuse UPDATE and DELETE.</summary>
internal sealed class AuditEntity
{
    public long Sequence { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string Actor { get; init; }

    public required string Action { get; init; }

    public string? Target { get; init; }

    public string? Detail { get; init; }

    public string? RemoteAddress { get; init; }

    public int Outcome { get; init; }
}
