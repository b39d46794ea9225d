namespace Backstay.Controller.Catalog;

/// <summary>Something that a privilege's scope can name by id or by tag.</summary>
internal interface IScoped
{
    Guid Id { get; }

    List<string> Tags { get; }
}
