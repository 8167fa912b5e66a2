// CResources
